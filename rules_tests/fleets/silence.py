"""LLMUsageZeroTrafficWarning: no workflow event of any outcome for 30 minutes, after earlier ones.

The alert must not fire

- in the first 30 minutes of observation;
- where no workflow event was ever seen;
- where one happened within 30 minutes and could be seen a minute ago. The alert then clears within
  3 minutes of the traffic's return (a scrape, this minute, the next evaluation). An event that the
  first answered scrape of a process shows counts as well, since a process that replaces another
  may begin with one; but not where the counter then stands at the value at which the process before
  it ended, since nobody can see such an event.

It must fire where nothing happened for 33 minutes, nothing was seen for 32, there were events
before, and every process was observed: no living process was without an answered scrape for
5 minutes, and none was scraped again after a gap of over 30 minutes, when observation begins anew.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import inf

import numpy as np

from contract.metrics import Component
from rules_tests.fleets.model import MINUTE
from rules_tests.fleets.observe import BRIDGED, LATE, SIGHTING, Life, Observed, Totals

WINDOW = 30 * MINUTE
LATEST = 33 * MINUTE
"""How long after the last event the alert fires, at the latest."""


class Silence:
    """When the alert on silent workflows must and may fire."""

    def __init__(self, observed: Observed) -> None:
        """Sort the times at which workflow events happened and were seen."""
        self._lives = observed.lives
        self._first_look = observed.first_look
        workflows = [
            sightings
            for label_set, sightings in observed.of_label_set.items()
            if label_set.component == Component.WORKFLOW
        ]
        none = np.zeros(0, SIGHTING)  # for a fleet without workflows
        every = np.concatenate([none, *workflows])
        attempts, time, seen = every["attempts"], every["time"], every["seen"]
        self._happened = Totals(attempts, time, time)
        self._seen = Totals(attempts, seen, seen)
        self._visible = Totals(attempts * every["visible"], time, seen)
        self._known_since = min(seen[every["known"]], default=inf)
        self._stands = observed.first_shown(every)
        self._shown_since = min(self._stands.values(), default=inf)

    def must(self, at: int) -> bool:
        """Whether the alert must fire at second `at`."""
        return (
            at >= self._first_look + LATEST
            and not self._happened.within(at - LATEST, at)
            and not self._seen.within(at - LATEST + LATE, at)
            and self._surely_used(at)
            and not any(_out_of_sight(life, at) for life in self._lives)
        )

    def may(self, at: int) -> bool:
        """Whether the alert may fire at second `at`."""
        return (
            at >= self._first_look + WINDOW
            and self._shown_since <= at
            and not self._visible.within(at - WINDOW, at - LATE)
        )

    def _surely_used(self, at: int) -> bool:
        """Whether growth was seen, or a counter that is still scraped is above zero."""
        return self._known_since <= at - LATE or any(
            since <= at - LATE and life.process.end > at and _last(life.looks, at) > at - 2 * MINUTE
            for life, since in self._stands.items()
        )


def _last(times: Sequence[int], at: float) -> float:
    """The last of `times` up to `at`."""
    place = bisect_right(times, at)
    return times[place - 1] if place else -inf


def _out_of_sight(life: Life, at: int) -> bool:
    """Whether the scrapes cannot tell if the process is silent."""
    lives = life.process.start < at - BRIDGED and life.process.end > at
    first, last = bisect_right(life.looks, at - LATEST), bisect_right(life.looks, at)
    recent = life.looks[max(first - 1, 0) : last]
    return (lives and _last(life.looks, at) < at - BRIDGED) or any(
        after - before > WINDOW for before, after in pairwise(recent)
    )
