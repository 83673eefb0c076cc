"""LLMUsageIngestionFailuresCritical: failures / attempts over the trailing 15 minutes above 1 %.

The edges of the window depend on when scrapes and evaluations happen, so correct rules may differ a
little in what they count. The share therefore has a lower and an upper bound:

- Surely in the window is what is known to have happened within it and was seen a minute before the
  evaluation. With this minute, a total outage still fires within the contract's 4 minutes (a scrape
  interval of 60 s, this minute, up to one until the next evaluation, one of `for`).
- Possibly in the window is also what was seen, or happened, up to a minute before it began (the
  alert then still clears within the contract's 17 minutes), and all that nobody could know.

The lower bound takes the sure failures and all possible successes, the upper bound all possible
failures and the sure successes.
"""

from math import inf
from typing import Any

from numpy.typing import NDArray

from rules_tests.fleets.model import MINUTE, LabelSet
from rules_tests.fleets.observe import LATE, Observed, Sightings, Totals

WINDOW = 15 * MINUTE
SHARE = 0.01
HOLD = 1 * MINUTE
EDGE = 5
"""Seconds around the edge of a range: whether a sample there is in it depends on the engine."""


class Failures:
    """The share of failures of one label set, bounded from both sides."""

    def __init__(self, observed: Observed, label_set: LabelSet) -> None:
        """Sum what is known of the label set's flushes."""
        sightings = observed.of_label_set[label_set]
        self._failed = Bounds(sightings, sightings["failed"])
        self._succeeded = Bounds(sightings, sightings["succeeded"])

    def must(self, at: int) -> bool:
        """Whether the alert must fire at second `at`: the share was above the limit over `for`."""
        return all(
            share(self._failed.least(time), self._succeeded.greatest(time)) > SHARE
            for time in (at - HOLD, at)
        )

    def may(self, at: int) -> bool:
        """Whether the alert may fire at second `at`."""
        return all(
            share(self._failed.greatest(time), self._succeeded.least(time)) > SHARE
            for time in (at - HOLD, at)
        )


def share(part: int, rest: int) -> float:
    """`part` as a share of both together; 0 where `part` is 0."""
    return part / (part + rest) if part else 0.0


class Bounds:
    """The least and the greatest amount in a window that ends at an evaluation."""

    def __init__(
        self,
        sightings: Sightings,
        amounts: NDArray[Any],
        window: int = WINDOW,
        late: int = LATE,
        gap: float = inf,
    ) -> None:
        """Sum `amounts`, one for each of `sightings`, for a rule that may be `late` seconds behind.

        What was counted between scrapes that are more than `gap` seconds apart is not sure.
        """
        self._window, self._late = window, late
        after, seen = sightings["after"], sightings["seen"]
        sure = sightings["known"] & (seen - after <= gap)
        self._sure = Totals(amounts * sure, after, seen)
        self._possible = Totals(amounts, sightings["until"], seen)

    def least(self, at: int) -> int:
        """The amount that is surely in the window that ends at second `at`."""
        return self._sure.within(at - self._window + EDGE, at - self._late)

    def greatest(self, at: int) -> int:
        """The amount that may be in it."""
        return self._possible.within(at - self._window - self._late, at)
