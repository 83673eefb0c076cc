"""What Prometheus stores of a fleet, in promtool's notation.

A counter series has a sample at each answered scrape, once the counter is above zero. Where a
scrape lacks a series that the scrape before it had, Prometheus writes a staleness marker: after a
failed scrape, a restart, and when the target is gone. It writes none when it stops itself.
"""

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate, groupby
from math import inf
from operator import attrgetter

from contract.metrics import (
    BUCKET,
    COMPLETION_TOKENS,
    LATENCY_BUCKETS,
    PROMPT_TOKENS,
    SCOPE_LABELS,
    USAGE_BUCKETS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Label,
    Outcome,
)
from rules_tests.case import braced
from rules_tests.fleets.model import GRID, Fleet, Process, Target

JOB = "compozy"
STALE = "stale"
BUCKETS = {f"{bound:g}": bound for bound in LATENCY_BUCKETS[1::3]} | {"+Inf": inf}
"""The latency's buckets by their label: a few are as hard for a rule as all."""

_SCOPE = {name: value for name, value in SCOPE_LABELS.items() if value}


_Counter = tuple[list[float], list[int]]
"""The times of a process's increments of a counter, and its value after each."""


def input_series(fleet: Fleet, grid: int = GRID) -> list[dict[str, str]]:
    """The fleet as promtool's `input_series`, one value every `grid` seconds."""
    return [
        {"series": series, "values": _notation(samples, grid)}
        for target in fleet.targets
        for series, samples in _stored(fleet, target).items()
    ]


def _stored(fleet: Fleet, target: Target) -> Mapping[str, Mapping[int, str]]:
    """The samples of each series of `target`, by second."""
    own = {"job": JOB, "instance": target.instance}
    counters = [_counters(process, own, latency=fleet.latency) for process in target.processes]
    ends = [process.end for process in target.processes]
    stored: dict[str, dict[int, str]] = defaultdict(dict)
    before: set[str] = set()
    running = 0
    for time, answered in target.scrapes.items():
        values = {f"up{braced(own)}": str(int(answered))}
        for key, (times, totals) in counters[bisect(ends, time)].items() if answered else ():
            if place := bisect(times, time):
                values[key] = str(totals[place - 1])
        starts = bisect(fleet.down, (time, inf))
        if starts > running:
            running, before = starts, set()  # after its start it knows of no earlier series
        for key, value in {**dict.fromkeys(before, STALE), **values}.items():
            stored[key][time] = value
        before = set(values)
    if target.gone is not None:
        for key in before:
            stored[key][target.gone] = STALE
    return stored


def _counters(process: Process, own: Mapping[str, str], *, latency: bool) -> dict[str, _Counter]:
    """Every counter of `process` that is ever incremented; of buckets also those that stay at 0."""
    found: dict[str, _Counter] = {}
    for label_set, events in process.events.items():
        for name, extra, amount, bound in _BUCKETS + _FAMILIES if latency else _FAMILIES:
            some = [event for event in events if amount(event)]
            if some:
                series = name + braced({**own, **label_set._asdict(), **extra, **_SCOPE})
                counts = (amount(event) * (event.latency <= bound) for event in some)
                found[series] = [event.time for event in some], list(accumulate(counts))
    return found


_Family = tuple[str, Mapping[str, str], "attrgetter[int]", float]
"""Name, own labels, what an event adds, and a bucket's bound: an event that took longer adds 0."""

_FAMILIES: tuple[_Family, ...] = (
    (USAGE_EVENTS.name, {Label.OUTCOME: Outcome.SUCCESS}, attrgetter("succeeded"), inf),
    (USAGE_EVENTS.name, {Label.OUTCOME: Outcome.FAILURE}, attrgetter("failed"), inf),
    (USAGE_FAILURES.name, {}, attrgetter("failed"), inf),
    (PROMPT_TOKENS.name, {}, attrgetter("prompt"), inf),
    (COMPLETION_TOKENS.name, {}, attrgetter("completion"), inf),
)
_BUCKETS: tuple[_Family, ...] = tuple(
    (USAGE_BUCKETS, {**extra, BUCKET: le}, amount, bound)
    for _, extra, amount, _ in _FAMILIES[:2]
    for le, bound in BUCKETS.items()
)


def _notation(samples: Mapping[int, str], grid: int) -> str:
    """Samples by second in promtool's notation: `_x4` is four gaps, `7+0x4` is 7 five times."""
    words: list[str] = []
    expected = 0
    for time, value in samples.items():
        missing = (time - expected) // grid
        if missing:
            words.append(f"_x{missing}")
        words.append(value)
        expected = time + grid
    return " ".join(_run(word, len(list(same))) for word, same in groupby(words))


def _run(word: str, times: int) -> str:
    if times == 1 or not word.isdigit():
        return " ".join([word] * times)
    return f"{word}+0x{times - 1}"  # 0x9 would be a hexadecimal number
