"""Scrapes while writes go on: ours, and prometheus_client's of the same series."""

import random
import threading
import time
from collections.abc import Callable
from statistics import median, quantiles

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from contract.metrics import (
    COMPLETION_TOKENS,
    LATENCY_BUCKETS,
    PROMPT_TOKENS,
    SCOPE_LABELS,
    USAGE_EVENTS,
    USAGE_LATENCY,
    Component,
    Family,
    Label,
    Outcome,
)
from exporter_stub.clock import RealClock
from exporter_stub.executions import Usage
from exporter_stub.metrics import UsageMetrics
from exporter_stub.server import encoded
from tests.exporter_stub.bench.pace import every

SERIES_A_PAIR = 3 + len(LATENCY_BUCKETS) + 3
"""Two token counters, an event counter, and a histogram."""

SCRAPES = 15
EVERY = 0.002
"""Seconds between two writes: somewhat less than 500 a second."""


class Theirs:
    """The same metrics by prometheus_client, counted as its documentation shows."""

    def __init__(self) -> None:
        """Register the families that successes count in."""
        self.registry = CollectorRegistry()
        self._prompt = Counter(*_described(PROMPT_TOKENS), registry=self.registry)
        self._completion = Counter(*_described(COMPLETION_TOKENS), registry=self.registry)
        self._events = Counter(*_described(USAGE_EVENTS), registry=self.registry)
        self._latency = Histogram(
            *_described(USAGE_LATENCY), buckets=LATENCY_BUCKETS, registry=self.registry
        )

    def record_success(self, usage: Usage, seconds: float) -> None:
        """Count a success."""
        component, provider, model = usage.pair
        labels = {"component": component, "provider": provider, "model": model, **SCOPE_LABELS}
        self._prompt.labels(**labels).inc(usage.prompt_tokens)
        self._completion.labels(**labels).inc(usage.completion_tokens)
        labels[Label.OUTCOME] = Outcome.SUCCESS
        self._events.labels(**labels).inc()
        self._latency.labels(**labels).observe(seconds)


def _described(family: Family) -> tuple[str, str, tuple[str, ...]]:
    return family.name, family.help, (*family.labels, *SCOPE_LABELS)


def compare(series: int) -> dict[str, tuple[float, float]]:
    """Ours and theirs with `series` series: ms of a scrape, and of the slowest hundredth of writes.

    What a write takes here is the counting alone: what more it takes during scrapes is the time
    that it waits for them.
    """
    pairs = [
        Usage(Component.TASK, "provider", f"model-{number}", 100, 10, task_exec_id="t")
        for number in range(series // SERIES_A_PAIR)
    ]
    ours, theirs = UsageMetrics(RealClock(threading.Event())), Theirs()
    for usage in pairs:
        ours.record_success(usage, 0.002)
        theirs.record_success(usage, 0.002)
    found = [
        _measured(pairs, ours.record_success, lambda: _ours(ours)),
        _measured(pairs, theirs.record_success, lambda: generate_latest(theirs.registry)),
    ]
    return {
        "scrape, ms": (found[0][0], found[1][0]),
        "p99 of writes meanwhile, ms": (found[0][1], found[1][1]),
    }


def _ours(metrics: UsageMetrics) -> list[bytes]:
    return encoded(metrics.exposition(openmetrics=False))


def _measured(
    pairs: list[Usage], record: Callable[[Usage, float], None], scrape: Callable[[], object]
) -> tuple[float, float]:
    scrapes: list[float] = []
    chosen = random.Random(1)  # noqa: S311  # traffic, no secrets
    with every(EVERY, lambda: record(chosen.choice(pairs), 0.002)) as writes:
        for _ in range(SCRAPES):
            began = time.perf_counter()
            scrape()
            scrapes.append(1000 * (time.perf_counter() - began))
    return median(scrapes), quantiles(writes, n=100)[-1]
