"""Whether the records for panels are what happened, as far as scrapes can show it.

A count over a window is bounded as for the failures alert. Surely in it is what happened between
two answered scrapes within the window and was seen in time. Possibly in it is also what was seen,
or happened, shortly before, and what nobody could know. The records of single minutes are summed
over 15 minutes and held to the same bounds: each increment must be in exactly one of them. Growth
in a gap of more than `BRIDGED` may be left out, since nobody knows in which minutes it happened.
"""

from collections.abc import Iterable, Iterator
from math import inf
from typing import NamedTuple

import numpy as np

from alerts.panel_records import latency_record
from config import Config
from contract import durations, metrics
from rules_tests.fleets.failures import WINDOW, Bounds
from rules_tests.fleets.judge import minutes
from rules_tests.fleets.model import MINUTE, Fleet
from rules_tests.fleets.observe import BRIDGED, LATE, Observed
from rules_tests.fleets.run import label_set
from rules_tests.fleets.samples import BUCKETS
from rules_tests.results import WHAT, Sample

PANEL_LATE = LATE + MINUTE
"""Seconds by which a panel's record may be behind: it reads the records of another group."""
LATENCY_WINDOW = 5 * MINUTE

_CONFIG = Config()
_FAMILIES = {
    metrics.USAGE_FAILURES: "failed",
    metrics.USAGE_EVENTS: "attempts",
    metrics.PROMPT_TOKENS: "prompt",
    metrics.COMPLETION_TOKENS: "completion",
}


class _Count(NamedTuple):
    """A count that is judged: its name, its expression, and which field of events it sums."""

    what: str
    expr: str
    amount: str
    window: int = WINDOW  # seconds
    late: int = PANEL_LATE  # seconds
    longest: float = inf  # the latency in seconds of the slowest flushes that it counts


def _counts() -> Iterator[_Count]:
    minute = {_CONFIG.increased(family.name): amount for family, amount in _FAMILIES.items()}
    minute[_CONFIG.token_spike.minute_record(_CONFIG)] = "tokens"
    for record, amount in minute.items():
        yield _Count(record, f"sum_over_time({record}[14m30s])", amount, late=LATE)
    for family, amount in _FAMILIES.items():
        record = _CONFIG.increased(family.name, durations.minutes(15))
        yield _Count(record, record, amount)
    rate = latency_record(_CONFIG, durations.minutes(5))
    for le, bound in BUCKETS.items():
        expr = f'{LATENCY_WINDOW} * {rate}{{le="{le}"}}'
        yield _Count(f"le {le}", expr, "attempts", window=LATENCY_WINDOW, longest=bound)


def expressions() -> dict[str, str]:
    """The expression of each count that is judged, by its name."""
    by = ", ".join(metrics.USAGE_LABELS)
    return {count.what: f"sum by ({by}) ({count.expr})" for count in _counts()}


def wrong_values(fleet: Fleet, found: Iterable[Sample], may_lack: int = 0) -> dict[str, str]:
    """An example of a wrong value, by the name of each count that has one; empty if all are right.

    `found` are the samples of `expressions` on `fleet`, which must have the latency histogram. The
    records may lack what a process counted in its last `may_lack` seconds.
    """
    values = {(labels[WHAT], label_set(labels), at): value for at, labels, value in found}
    observed = Observed(fleet)
    ends = np.array([life.process.end for life in observed.lives])
    wrong = {}
    for one, sightings in observed.of_label_set.items():
        # Like what the first scrape of a process shows: it may be counted, and need not be.
        seconds_left = ends[sightings["life"]] - sightings["seen"]
        sightings["known"] &= seconds_left >= may_lack
        for count in _counts():
            amounts = sightings[count.amount] * (sightings["latency"] <= count.longest)
            bounds = Bounds(sightings, amounts, count.window, count.late, BRIDGED)
            for at in minutes(fleet):
                least, most = bounds.least(at), bounds.greatest(at)
                value = round(values.get((count.what, one, at), 0.0), 6)  # a rate times its window
                if not least <= value <= most:
                    wrong[count.what] = f"{one}, second {at}: {value} is not in [{least}, {most}]"
    return wrong
