"""What scrapes can show of a fleet's events: when each was seen, and between which scrapes it fell.

In the names here, a *look* is a scrape that a process answered. What a process counted between two
such scrapes is known to have happened between them. What it counted before the first one may be of
any age, and what it counted after the last one was never seen.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from rules_tests.fleets.model import MINUTE, Event, Fleet, LabelSet, Process, Target

BRIDGED = 5 * MINUTE
"""The longest gap between answered scrapes over which a rule may count the growth as that of now.
It is Prometheus' lookback delta: until then the last sample is the series' value."""


LATE = 60
"""Seconds by which a rule may be behind, such as by an `offset`."""


@dataclass(frozen=True, eq=False)
class Life:
    """A process, and the times of the scrapes that it answered."""

    process: Process
    looks: Sequence[int]
    before: "Life | None"
    """The process before it on the same target that answered a scrape."""


class Sighting(NamedTuple):
    """An event, and what could be known of it."""

    label_set: LabelSet
    event: Event
    life: Life
    after: float
    """The scrape before it that its process answered; -inf where there is none."""
    seen: float
    """The scrape that first shows it; its own time where none does."""
    shown: bool

    @property
    def known(self) -> bool:
        """Whether it is known to have happened between two scrapes."""
        return self.shown and self.after > -inf

    @property
    def until(self) -> float:
        """The latest time at which a rule may count it: when seen, or `BRIDGED` after its time."""
        return min(self.seen, self.time + BRIDGED)

    @property
    def time(self) -> float:
        """When it happened."""
        return self.event.time


class Totals:
    """Sums of `amount` over the sightings that lie wholly within a window.

    A sighting lasts from its `begin` to its `end`.
    """

    def __init__(
        self,
        sightings: Iterable[Sighting],
        amount: Callable[[Event], int],
        begin: Callable[[Sighting], float],
        end: Callable[[Sighting], float],
    ) -> None:
        """Keep the times and amounts of those whose amount is not zero."""
        counts = ((begin(each), end(each), amount(each.event)) for each in sightings)
        some = [each for each in counts if each[2]]
        self._begins, self._ends, self._amounts = np.array(some).reshape(-1, 3).T

    def within(self, begin: float, end: float) -> int:
        """The sum of all that lie in (begin, end]."""
        return int(self._amounts[(self._begins > begin) & (self._ends <= end)].sum())


class Observed:
    """All that scrapes can show of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        """Match the events of every process of `fleet` with the scrapes that it answered."""
        self.fleet = fleet
        self.lives = [life for target in fleet.targets for life in _lives(target)]
        self.first_look = min((life.looks[0] for life in self.lives if life.looks), default=inf)
        self.of_label_set: dict[LabelSet, list[Sighting]] = defaultdict(list)
        for life in self.lives:
            for label_set, events in life.process.events.items():
                self.of_label_set[label_set] += _sightings(life, label_set, events)


def first_shown(sightings: Iterable[Sighting]) -> dict[Life, float]:
    """Each process of which scrapes show one of `sightings`, and since when."""
    since: dict[Life, float] = {}
    for each in sightings:
        if each.shown:
            since[each.life] = min(each.seen, since.get(each.life, inf))
    return since


def _lives(target: Target) -> Iterator[Life]:
    answered = [time for time, answered in target.scrapes.items() if answered]
    before = None
    for process in target.processes:
        looks = answered[bisect_left(answered, process.start) : bisect_left(answered, process.end)]
        life = Life(process, looks, before)
        yield life
        if looks:
            before = life


def _sightings(life: Life, label_set: LabelSet, events: Sequence[Event]) -> Iterator[Sighting]:
    for event in events:
        place = bisect_left(life.looks, event.time)
        after = life.looks[place - 1] if place else -inf
        shown = place < len(life.looks)
        seen = life.looks[place] if shown else event.time
        yield Sighting(label_set, event, life, after, seen, shown)
