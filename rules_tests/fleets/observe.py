"""What could be known of a fleet's events: when each was seen, and between which looks it fell.

A *look* is a scrape that a process answered. What a process counted between two looks at it is
known to have happened between them. What it counted before the first look may be of any age, and
what it counted after the last one was never seen: of both nobody can know, see `Fate`.
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
"""Over how long a gap between looks a rule may take growth for growth of now. It is Prometheus'
look-back: until then the last sample is the series' value."""


LATE = 60
"""Seconds by which a rule may look into the past."""


class Fate(Enum):
    """How much of an event could be known."""

    KNOWN = auto()
    """It happened between two looks at its process."""
    MET = auto()
    """It was there at the first look at its process, and could be old."""
    LOST = auto()
    """Its process was not looked at any more."""


@dataclass(frozen=True)
class Life:
    """A process, and the looks at it."""

    process: Process
    looks: Sequence[int]
    before: "Life | None"
    """The process that was looked at before on the same target."""


class Sighting(NamedTuple):
    """An event, and what could be known of it."""

    event: Event
    life: Life
    fate: Fate
    after: float
    """The look before it."""
    seen: float
    """The look that first shows it; of a lost one, its own time."""

    @property
    def until(self) -> float:
        """When it was seen, or `BRIDGED` after it happened: a rule may date it as late as this."""
        return min(self.seen, self.event.time + BRIDGED)


class Totals:
    """Sums of sightings by a time of theirs."""

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
    """All that could be known of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        """Look at every process of `fleet` as its targets' scrapes do."""
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
        """What is known of the events of workflows, and of which label set each is."""
        return [
            (label_set, each)
            for label_set, found in self.of_label_set.items()
            if label_set.component == Component.WORKFLOW
            for each in found
        ]


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
    # What the first look shows is younger than the look before, where the target had one.
    since = life.before.looks[-1] if life.before else -inf
    for event in events:
        place = bisect_left(looks, event.time)
        if place == len(looks):
            yield Sighting(event, life, Fate.LOST, event.time, event.time)
        elif place:
            yield Sighting(event, life, Fate.KNOWN, looks[place - 1], looks[place])
        else:
            yield Sighting(event, life, Fate.MET, since, looks[0])
