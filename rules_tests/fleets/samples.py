"""What Prometheus stores of a fleet, in promtool's notation.

A counter series has a sample at each answered scrape, once the counter is above zero. Where a
scrape lacks a series that the scrape before it had, Prometheus writes a staleness marker: after a
failed scrape, a restart, and when the target is gone. It writes none when it stops itself.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from math import inf, isnan, nan

import numpy as np
from numpy.typing import NDArray

from contract import metrics
from rules_tests.case import braced
from rules_tests.fleets.model import GRID, Fleet, Target

JOB = "compozy"
STALE = "stale"
BUCKETS = {f"{bound:g}": bound for bound in metrics.LATENCY_BUCKETS[1::3]} | {"+Inf": inf}
"""The latency's buckets by their label: a few are as hard for a rule as all."""

_Shown = NDArray[np.float64]
"""The value that each scrape of a target shows of one of its series; NaN where it shows none."""

_SCOPE = {name: value for name, value in metrics.SCOPE_LABELS.items() if value}

_Family = tuple[str, dict[str, str], str, float]
"""Name, own labels, which field of an event is added, and a bucket's bound in seconds: an event
that took longer adds 0."""

_FAMILIES: tuple[_Family, ...] = (
    (metrics.USAGE_EVENTS.name, {metrics.Label.OUTCOME: metrics.Outcome.SUCCESS}, "succeeded", inf),
    (metrics.USAGE_EVENTS.name, {metrics.Label.OUTCOME: metrics.Outcome.FAILURE}, "failed", inf),
    (metrics.USAGE_FAILURES.name, {}, "failed", inf),
    (metrics.PROMPT_TOKENS.name, {}, "prompt", inf),
    (metrics.COMPLETION_TOKENS.name, {}, "completion", inf),
)
_BUCKETS = tuple(
    (metrics.USAGE_BUCKETS, {**extra, metrics.BUCKET: le}, amount, bound)
    for _, extra, amount, _ in _FAMILIES[:2]
    for le, bound in BUCKETS.items()
)


def input_series(fleet: Fleet, grid: int = GRID) -> list[dict[str, str]]:
    """The fleet as promtool's `input_series`, one value every `grid` seconds."""
    families = (_BUCKETS if fleet.latency else ()) + _FAMILIES
    found = []
    for target in fleet.targets:
        for series, values in _values(target, families).items():
            if samples := _samples(fleet, target, values):
                found.append({"series": series, "values": _notation(samples, grid)})
    return found


def _samples(fleet: Fleet, target: Target, values: _Shown) -> dict[int, str]:
    """The samples and staleness markers of a series of `target`, by second."""
    found = {}
    before, starts_before = nan, 0
    for time, value in zip(target.scrapes, values, strict=True):
        starts = sum(begin < time for begin, _ in fleet.down)
        if not isnan(value):
            found[time] = f"{value:.0f}"
        # A Prometheus that has started since then knows of no earlier series.
        elif not isnan(before) and starts == starts_before:
            found[time] = STALE
        before, starts_before = value, starts
    return found


def _values(target: Target, families: Iterable[_Family]) -> dict[str, _Shown]:
    """What is shown of each series of `target`."""
    own = {"job": JOB, "instance": target.instance}
    times = np.array([*target.scrapes])
    up = np.array([*target.scrapes.values()], float)  # NaN for None, where the target is dropped
    found = {f"up{braced(own)}": up}
    for process in target.processes:
        looks = (up == 1) & (process.start <= times) & (times < process.end)
        for label_set, events in process.events.items():
            for name, extra, amount, bound in families:
                # A bucket is born at zero where no event was as quick.
                some = events[events[amount] > 0]
                totals = np.cumsum(some[amount] * (some["latency"] <= bound))
                counted = np.searchsorted(some["time"], times[looks], "right")  # events, by look
                series = name + braced({**own, **label_set._asdict(), **extra, **_SCOPE})
                values = found.setdefault(series, np.full(len(times), np.nan))
                values[looks] = np.array([np.nan, *totals])[counted]
    return found


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
