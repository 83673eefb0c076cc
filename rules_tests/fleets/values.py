"""Whether the records for panels are what happened, as far as scrapes can show it.

A count over a window is bounded as for the failures alert. Surely in it is what happened between
two answered scrapes within the window and was seen in time. Possibly in it is also what was seen,
or happened, shortly before, and what nobody could know. The records of single minutes are summed
over 15 minutes and held to the same bounds: each increment must be in exactly one of them. Growth
in a gap of more than `BRIDGED` may be left out, since nobody knows in which minutes it happened.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from math import inf
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
from rules_tests.fleets.failures import Bounds
from rules_tests.fleets.judge import minutes
from rules_tests.fleets.model import MINUTE, Event, Fleet
from rules_tests.fleets.observe import BRIDGED, LATE, Observed, Sighting
from rules_tests.fleets.run import label_set
from rules_tests.fleets.samples import BUCKETS
from rules_tests.results import WHAT, Sample

PANEL_LATE = LATE + MINUTE
"""Seconds by which a panel's record may be behind: it reads the records of another group."""
LATENCY_WINDOW = 5 * MINUTE

_Amount = Callable[[Event], int]
_CONFIG = Config()
_FAMILIES: Mapping[Family, _Amount] = {
    USAGE_FAILURES: attrgetter("failed"),
    USAGE_EVENTS: attrgetter("attempts"),
    PROMPT_TOKENS: attrgetter("prompt"),
    COMPLETION_TOKENS: attrgetter("completion"),
}


def _counts() -> Iterator[tuple[str, str, Callable[[Collection[Sighting]], Bounds]]]:
    """Of each count that is judged: its name, its expression, and what makes its bounds."""
    bounds = partial(Bounds, late=PANEL_LATE, gap=BRIDGED)
    minute = {_CONFIG.increased(family.name): amount for family, amount in _FAMILIES.items()}
    minute[_CONFIG.token_spike.minute_record(_CONFIG)] = attrgetter("tokens")
    for record, amount in minute.items():
        yield record, f"sum_over_time({record}[14m30s])", partial(bounds, amount=amount, late=LATE)
    for family, amount in _FAMILIES.items():
        record = _CONFIG.increased(family.name, durations.minutes(15))
        yield record, record, partial(bounds, amount=amount)
    rate = latency_record(_CONFIG, durations.minutes(5))
    for le, bound in BUCKETS.items():
        count = partial(bounds, amount=_at_most(bound), window=LATENCY_WINDOW)
        yield f"le {le}", f'{LATENCY_WINDOW} * {rate}{{le="{le}"}}', count


def _at_most(bound: float) -> _Amount:
    return lambda event: event.attempts * (event.latency <= bound)


def expressions() -> dict[str, str]:
    """The expression of each count that is judged, by its name."""
    by = ", ".join(USAGE_LABELS)
    return {what: f"sum by ({by}) ({expr})" for what, expr, _ in _counts()}


def wrong_values(fleet: Fleet, found: Iterable[Sample], may_lack: int = 0) -> dict[str, str]:
    """An example of a wrong value, by the name of each count that has one; empty if all are right.

    `found` are the samples of `expressions` on `fleet`, which must have the latency histogram. The
    records may lack what a process counted in its last `may_lack` seconds.
    """
    values = {(labels[WHAT], label_set(labels), at): value for at, labels, value in found}
    wrong = {}
    for one, sightings in Observed(fleet).of_label_set.items():
        judged = [
            # Like what the first scrape of a process shows: it may be counted, and need not be.
            each._replace(after=-inf) if each.life.process.end - each.seen < may_lack else each
            for each in sightings
        ]
        for what, _, bounds_of in _counts():
            bounds = bounds_of(judged)
            for at in minutes(fleet):
                least, greatest = bounds.least(at), bounds.greatest(at)
                value = round(values.get((what, one, at), 0.0), 6)  # a rate times its window
                if not least <= value <= greatest:
                    wrong[what] = f"{one}, second {at}: {value} is not in [{least}, {greatest}]"
    return wrong
