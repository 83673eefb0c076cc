"""What scrapes can show of a fleet's events: when each was seen, and between which scrapes it fell.

In the names here, a *look* is a scrape that a process answered. What a process counted between two
such scrapes is known to have happened between them. What it counted before the first one may be of
any age, and what it counted after the last one was never seen.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules_tests.fleets.model import MINUTE, Event, Fleet, LabelSet, Process, Target, table

BRIDGED = 5 * MINUTE
"""The longest gap between answered scrapes over which a rule may count the growth as that of now.
It is Prometheus' lookback delta: until then the last sample is the series' value."""

LATE = 60
"""Seconds by which a rule may be behind, such as by an `offset`."""

SIGHTING = [
    *((name, float) for name in Event._fields),
    ("life", int),  # the place of its process in `Observed.lives`
    ("after", float),  # the scrape before it that its process answered; -inf where there is none
    ("seen", float),  # the scrape that first shows it; its own time where none does
    ("until", float),  # when a rule may last count it: `seen`, or earlier, `BRIDGED` after its time
    ("shown", bool),  # whether a scrape shows it
    ("known", bool),  # whether it is known to have happened between two scrapes
    ("visible", bool),  # whether a scrape shows it as growth, or as counts that are new there
]
"""The columns of `Sightings`: an event's numbers, and what could be known of it, in seconds."""

Sightings = NDArray[np.void]
"""A table: a row for each event, those of one process together, and the columns of `SIGHTING`. So
`sightings["seen"]` is when each event was seen."""


@dataclass(frozen=True, eq=False)
class Life:
    """A process, and the times of the scrapes that it answered."""

    process: Process
    looks: Sequence[int]
    before: "Life | None"
    """The process before it on the same target that answered a scrape."""


class Totals:
    """Sums of the amounts that lie wholly within a window."""

    def __init__(self, amounts: NDArray[Any], begins: NDArray[Any], ends: NDArray[Any]) -> None:
        """Each amount lasts from its begin to its end, in seconds. Those of zero are left out."""
        some = amounts > 0
        self._amounts, self._begins, self._ends = amounts[some], begins[some], ends[some]

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
        found: dict[LabelSet, list[Sightings]] = {}
        for number, life in enumerate(self.lives):
            for label_set in life.process.events:
                found.setdefault(label_set, []).append(_sightings(number, life, label_set))
        self.of_label_set = {one: np.concatenate(some) for one, some in found.items()}

    def first_shown(self, sightings: Sightings) -> dict[Life, float]:
        """Each process of which scrapes show one of `sightings`, and the first such second."""
        shown = sightings[sightings["shown"]]
        return {
            self.lives[number]: shown["seen"][shown["life"] == number].min()
            for number in np.unique(shown["life"])
        }


def _lives(target: Target) -> Iterator[Life]:
    answered = [time for time, answered in target.scrapes.items() if answered]
    before = None
    for process in target.processes:
        looks = answered[bisect_left(answered, process.start) : bisect_left(answered, process.end)]
        life = Life(process, looks, before)
        yield life
        if looks:
            before = life


def _sightings(number: int, life: Life, label_set: LabelSet) -> Sightings:
    """Those of the events of `label_set` in `life`, whose place in `Observed.lives` is `number`."""
    events = life.process.events[label_set]
    found = np.zeros(len(events), SIGHTING)
    for name in Event._fields:
        found[name] = events[name]
    looks_before = np.searchsorted(life.looks, found["time"])  # how many, for each event
    found["life"] = number
    found["after"] = np.array([-inf, *life.looks])[looks_before]
    found["shown"] = looks_before < len(life.looks)
    found["seen"] = np.where(
        found["shown"], np.array([*life.looks, inf])[looks_before], found["time"]
    )
    found["until"] = np.minimum(found["seen"], found["time"] + BRIDGED)
    found["known"] = found["shown"] & (found["after"] > -inf)
    found["visible"] = found["known" if _resumes(life, label_set) else "shown"]
    return found


def _resumes(life: Life, label_set: LabelSet) -> bool:
    """Whether its first scrape shows the counts at which the process before it ended."""
    if not life.before or not life.looks:
        return False
    first = _counts(life, label_set, life.looks[0])
    return first == _counts(life.before, label_set, life.before.looks[-1])


def _counts(life: Life, label_set: LabelSet, at: int) -> list[float]:
    """The successes and failures that the process has counted at second `at`."""
    events = life.process.events.get(label_set, table([]))
    return [events[name][events["time"] <= at].sum() for name in ("succeeded", "failed")]
