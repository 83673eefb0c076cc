"""Whether the records for panels are what happened, as far as scrapes can show it.

A count over a window is bounded as for the failures alert. Surely in it is what happened between
two answered scrapes within the window and was seen in time. Possibly in it is also what was seen,
or happened, shortly before, and what nobody could know. The records of single minutes are summed
over 15 minutes and held to the same bounds: each increment must be in exactly one of them. Growth
in a gap of more than `BRIDGED` may be left out, since nobody knows in which minutes it happened.

A percentile must be in a bucket that could hold the true one, by the same bounds for each bucket.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from alerts.panel_records import latency_record
from config import Config
from contract import durations
from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LABELS,
    Family,
)
from rules_tests.fleets.failures import WINDOW, Bounds, share
from rules_tests.fleets.judge import minutes
from rules_tests.fleets.model import MINUTE, Event, Fleet, LabelSet
from rules_tests.fleets.observe import BRIDGED, LATE, Observed, Sighting
from rules_tests.fleets.run import label_set
from rules_tests.fleets.samples import BOUNDS
from rules_tests.results import WHAT, Sample

PANEL_LATE = LATE + MINUTE
"""Seconds by which a panel's record may be behind: it reads the records of another group."""
LATENCY_WINDOW = 5 * MINUTE
QUANTILE = 0.95
_QUANTILE = "p95"


_CONFIG = Config()
_COUNTS: Mapping[Family, Callable[[Event], int]] = {
    USAGE_FAILURES: attrgetter("failed"),
    USAGE_EVENTS: attrgetter("attempts"),
    PROMPT_TOKENS: attrgetter("prompt"),
    COMPLETION_TOKENS: attrgetter("completion"),
}
MINUTES: Mapping[str, Callable[[Event], int]] = {
    **{_CONFIG.increased(family.name): count for family, count in _COUNTS.items()},
    _CONFIG.token_spike.minute_record(_CONFIG): attrgetter("tokens"),
}
"""Records of a minute's growth, and what they count."""
WINDOWS: Mapping[str, Callable[[Event], int]] = {
    _CONFIG.increased(family.name, durations.minutes(15)): count
    for family, count in _COUNTS.items()
}
"""Records of the growth in 15 minutes."""
COUNTS = {*MINUTES, *WINDOWS}
"""Both, which are counts; the others are percentiles."""


@dataclass(frozen=True)
class WrongValue:
    """A recorded value that is outside its bounds."""

    what: str
    label_set: LabelSet | None
    at: int
    value: float
    least: float
    greatest: float


def wrong_values(fleet: Fleet, found: Sequence[Sample]) -> list[WrongValue]:
    """The wrong values in the records, by the samples of `expressions` on `fleet`.

    The fleet must have the latency histogram.
    """
    return [*_wrong_counts(fleet, found), *_wrong_quantiles(fleet, found)]


def expressions() -> dict[str, str]:
    """An expression for each kind of record that is judged."""
    by = ", ".join(USAGE_LABELS)
    buckets = latency_record(_CONFIG, durations.minutes(5))
    quantile = f"histogram_quantile({QUANTILE}, sum by (le) ({buckets})) >= 0"
    return {
        **{record: f"sum by ({by}) ({record})" for record in WINDOWS},
        **{record: f"sum by ({by}) (sum_over_time({record}[14m30s]))" for record in MINUTES},
        _QUANTILE: quantile,
    }


def _wrong_counts(fleet: Fleet, found: Sequence[Sample]) -> Iterator[WrongValue]:
    values = {
        (labels[WHAT], label_set(labels), at): value
        for at, labels, value in found
        if labels[WHAT] in COUNTS
    }
    observed = Observed(fleet)
    for one, sightings in observed.of_label_set.items():
        for records, late in ((MINUTES, LATE), (WINDOWS, PANEL_LATE)):
            for record, amount in records.items():
                bounds = Bounds(sightings, amount, WINDOW, late, BRIDGED)
                for at in minutes(fleet):
                    least, greatest = bounds.least(at), bounds.greatest(at)
                    value = values.get((record, one, at), 0.0)
                    if not least <= value <= greatest:
                        yield WrongValue(record, one, at, value, least, greatest)


def _wrong_quantiles(fleet: Fleet, found: Sequence[Sample]) -> Iterator[WrongValue]:
    every = [each for some in Observed(fleet).of_label_set.values() for each in some]
    sides = [(_latencies(every, bound), _latencies(every, bound, above=True)) for bound in BOUNDS]
    for at, labels, value in found:
        if labels[WHAT] == _QUANTILE:
            most = [share(below.greatest(at), above.least(at)) for below, above in sides]
            fewest = [share(below.least(at), above.greatest(at)) for below, above in sides]
            least, greatest = (0.0, *BOUNDS)[_bucket(most)], (*BOUNDS, BOUNDS[-1])[_bucket(fewest)]
            if not least <= value <= greatest:
                yield WrongValue(_QUANTILE, None, at, value, least, greatest)


def _latencies(sightings: Sequence[Sighting], bound: float, *, above: bool = False) -> Bounds:
    """Flushes that took at most `bound` seconds or, with `above`, more."""

    def amount(event: Event) -> int:
        return event.attempts if (event.latency > bound) is above else 0

    return Bounds(sightings, amount, LATENCY_WINDOW, PANEL_LATE, BRIDGED)


def _bucket(shares: Sequence[float]) -> int:
    """The first bucket that holds the quantile."""
    return next((n for n, share in enumerate(shares) if share >= QUANTILE), len(shares))
