"""What scrapes can show of a fleet's events: when each was seen, and between which scrapes it fell.

In the names here, a *look* is a scrape that a process answered. What a process counted between two
such scrapes is known to have happened between them. What it counted before the first one may be of
any age, and what it counted after the last one was never seen (see `Fate`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import accumulate
from math import inf
from typing import NamedTuple

from contract.metrics import Component
from rules_tests.fleets.model import MINUTE, Event, Fleet, LabelSet, Process

BRIDGED = 5 * MINUTE
"""The longest gap between answered scrapes over which a rule may count the growth as that of now.
It is Prometheus' lookback delta: until then the last sample is the series' value."""


LATE = 60
"""Seconds by which a rule may be behind, such as by an `offset`."""


class Fate(Enum):
    """How much of an event could be known."""

    KNOWN = auto()
    """It happened between two answered scrapes of its process."""
    MET = auto()
    """The first answered scrape of its process already shows it, so it may be old."""
    LOST = auto()
    """Its process answered no scrape after it."""


@dataclass(frozen=True, eq=False)
class Life:
    """A process, and the times of the scrapes that it answered."""

    process: Process
    looks: Sequence[int]
    before: "Life | None"
    """The process before it on the same target that answered a scrape."""


class Sighting(NamedTuple):
    """An event, and what could be known of it."""

    event: Event
    life: Life
    fate: Fate
    after: float
    """The answered scrape before it."""
    seen: float
    """The scrape that first shows it; for a lost event, its own time."""

    @property
    def until(self) -> float:
        """The latest time that a rule may date it: when seen, or `BRIDGED` after it happened."""
        return min(self.seen, self.event.time + BRIDGED)


class Totals:
    """Running sums over sightings, in order of a time of each."""

    def __init__(
        self,
        sightings: Iterable[Sighting],
        time: Callable[[Sighting], float],
        amount: Callable[[Event], int],
    ) -> None:
        """Sort `sightings` by `time`, and sum `amount` of their events."""
        ordered = sorted((time(each), amount(each.event)) for each in sightings)
        self._times = [time for time, _ in ordered]
        self._sums = [0, *accumulate(count for _, count in ordered)]

    def until(self, end: float) -> int:
        """The sum of all with a time of at most `end`."""
        return self._sums[bisect_right(self._times, end)]

    def within(self, begin: float, end: float) -> int:
        """The sum of all with a time in (begin, end]."""
        return self.until(end) - self.until(begin)


class Observed:
    """All that scrapes can show of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        """Match the events of every process of `fleet` with the scrapes that it answered."""
        self.fleet = fleet
        self.lives = _lives(fleet)
        self.first_look = min((life.looks[0] for life in self.lives if life.looks), default=inf)
        self.of_label_set: dict[LabelSet, list[Sighting]] = {
            label_set: [] for label_set in fleet.label_sets()
        }
        for life in self.lives:
            for label_set, events in life.process.events.items():
                self.of_label_set[label_set] += _sightings(life, events)

    def of_workflows(self) -> list[tuple[LabelSet, Sighting]]:
        """The sightings of workflow events, each with its label set."""
        return [
            (label_set, each)
            for label_set, found in self.of_label_set.items()
            if label_set.component == Component.WORKFLOW
            for each in found
        ]


def first_shown(sightings: Iterable[Sighting]) -> dict[Life, float]:
    """Each process of which scrapes show one of `sightings`, and since when."""
    since: dict[Life, float] = {}
    for each in sightings:
        if each.fate is not Fate.LOST:
            since[each.life] = min(each.seen, since.get(each.life, inf))
    return since


def _lives(fleet: Fleet) -> list[Life]:
    answered: dict[str, list[int]] = {}
    for target in fleet.targets:
        times = answered.setdefault(target.instance, [])
        times += [scrape.time for scrape in target.scrapes if scrape.answered]
    lives = []
    previous: dict[str, Life] = {}
    for process in sorted(fleet.processes, key=lambda each: each.start):
        times = answered.get(process.instance, [])
        looks = times[bisect_left(times, process.start) : bisect_left(times, process.end)]
        life = Life(process, looks, previous.get(process.instance))
        lives.append(life)
        if looks:
            previous[process.instance] = life
    return lives


def _sightings(life: Life, events: Sequence[Event]) -> Iterator[Sighting]:
    looks = life.looks
    # What the first scrape shows is newer than the last scrape of the process before, if any.
    since = life.before.looks[-1] if life.before else -inf
    for event in events:
        place = bisect_left(looks, event.time)
        if place == len(looks):
            yield Sighting(event, life, Fate.LOST, event.time, event.time)
        elif place:
            yield Sighting(event, life, Fate.KNOWN, looks[place - 1], looks[place])
        else:
            yield Sighting(event, life, Fate.MET, since, looks[0])
