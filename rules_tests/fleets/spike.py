"""LLMUsageTokenSpikeWarning: 15 minutes' tokens above 3 times the day's average of 15 minutes.

The alert must fire within 25 minutes where the volume was surely 3.6 times the average in each of
the last 10 minutes (their windows of 15 minutes cover 25). The average is that of the time before
these 25 minutes, with at least an hour in which the label set was seen. The bounds leave a minute
and an edge out of what is surely in a window, so the limit is lower by their share of the window.

It must not fire with less than an hour of the label set's history, or where at one of the
evaluations of `for` the volume was surely at most 2.5 times the average.

The contract leaves open which minutes the average covers. A rule may leave out up to the last
40 minutes, so that a spike is not measured against itself, or none. It may begin a window late, and
divide by the time that passed or by the minutes in which the series were seen. The bounds cover all
of these.

The volume has the bounds that the alert on failures has of its window. Growth after a gap of more
than `BRIDGED` need not be counted, since nobody knows in which minutes it happened.
"""

from bisect import bisect_left
from collections.abc import Iterator
from math import inf

from rules_tests.fleets.failures import EDGE, Bounds
from rules_tests.fleets.model import HOUR, MINUTE, LabelSet
from rules_tests.fleets.observe import BRIDGED, LATE, Observed, Totals

WINDOW = 15 * MINUTE
DAY = 24 * HOUR
HOLD = 5 * MINUTE
SURELY, NEVER = 3.6 * (1 - (LATE + EDGE) / WINDOW), 2.5
WITHIN = 25 * MINUTE
HISTORY = 1 * HOUR
_LEFT_OUT = tuple(minutes * MINUTE for minutes in (0, 10, 20, 30, 40))


class Spike:
    """The token volume of one label set, bounded from both sides."""

    def __init__(self, observed: Observed, label_set: LabelSet) -> None:
        """Sum what is known of the label set's tokens."""
        sightings = observed.of_label_set[label_set]
        shown = sightings[sightings["shown"] & (sightings["tokens"] > 0)]
        tokens, seen, until = shown["tokens"], shown["seen"], shown["until"]
        self._known = Totals(tokens * shown["known"], seen, seen)
        self._volume = Bounds(shown, tokens, WINDOW, LATE, BRIDGED)
        self._possible = Totals(tokens, until, until)
        self._first = min(seen, default=inf)
        # The minutes in which a process that has counted tokens was scraped.
        self._minutes = sorted(
            {
                look // MINUTE * MINUTE
                for life, since in observed.first_shown(shown).items()
                for look in life.looks[bisect_left(life.looks, since) :]
            }
        )
        self._down = observed.fleet.down

    def must(self, at: int) -> bool:
        """Whether the alert must have fired within the 25 minutes before second `at`."""
        begin = at - WITHIN
        down = any(end > begin - WINDOW and start < at for start, end in self._down)
        if down or self._observed(self._first, begin) < HISTORY + 2 * MINUTE:
            return False
        recent = range(at - WITHIN + WINDOW, at + 1, MINUTE)
        least = min(self._volume.least(time) for time in recent)
        return least > 0 and least >= SURELY * self._greatest_average(begin)

    def may(self, at: int) -> bool:
        """Whether the alert may fire at second `at`."""
        return at - HOLD - self._first >= HISTORY and all(
            self._volume.greatest(time) > NEVER * self._least_average(time)
            for time in range(at - HOLD, at + 1, MINUTE)
        )

    def _greatest_average(self, until: float) -> float:
        averages = [
            WINDOW * self._possible.within(begin, end) / observed
            for begin, end in self._spans(until)
            if (observed := self._observed(begin, end))
        ]
        return max(averages, default=inf) or inf  # an average of zero proves nothing

    def _least_average(self, until: float) -> float:
        return min(
            WINDOW * self._known.within(begin, end) / (end - begin)
            for begin, end in self._spans(until)
        )

    def _spans(self, until: float) -> Iterator[tuple[float, float]]:
        for late in (0, WINDOW):
            begin = max(self._first + late, until - DAY)
            for left_out in _LEFT_OUT:
                if until - left_out - begin >= HISTORY / 4:
                    yield begin, until - left_out

    def _observed(self, begin: float, end: float) -> float:
        """Seconds of the minutes within (begin, end] in which the label set was seen."""
        first, last = bisect_left(self._minutes, begin), bisect_left(self._minutes, end)
        return (last - first) * MINUTE
