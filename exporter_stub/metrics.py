"""The five families as prometheus_client metrics, and how one flush is counted."""

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from contract.metrics import (
    COMPLETION_TOKENS,
    LATENCY_BUCKETS,
    PROMPT_TOKENS,
    SCOPE_LABELS,
    UNKNOWN,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LATENCY,
    Family,
    Label,
    Outcome,
)
from exporter_stub.executions import Usage

# The real emitter has no `_created` series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped


class UsageMetrics:
    """Counts flushes as Compozy does. A series is born at its first increment.

    `registry` is a fresh one per exporter (and per test), so that nothing is counted twice.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the five families in `registry`."""
        self._prompt_tokens = Counter(*_described(PROMPT_TOKENS), registry=registry)
        self._completion_tokens = Counter(*_described(COMPLETION_TOKENS), registry=registry)
        self._events = Counter(*_described(USAGE_EVENTS), registry=registry)
        self._failures = Counter(*_described(USAGE_FAILURES), registry=registry)
        self._latency = Histogram(
            *_described(USAGE_LATENCY), buckets=LATENCY_BUCKETS, registry=registry
        )

    def record_success(self, usage: Usage, seconds: float) -> None:
        """Count a persisted flush that took `seconds`. A count of 0 tokens adds nothing."""
        labels = _labels(usage)
        if usage.prompt_tokens:
            self._prompt_tokens.labels(**labels).inc(usage.prompt_tokens)
        if usage.completion_tokens:
            self._completion_tokens.labels(**labels).inc(usage.completion_tokens)
        self._record_flush(labels, Outcome.SUCCESS, seconds)

    def record_failure(self, usage: Usage, seconds: float) -> None:
        """Count a flush that failed to persist, after `seconds`."""
        labels = _labels(usage)
        self._failures.labels(**labels).inc()
        self._record_flush(labels, Outcome.FAILURE, seconds)

    def _record_flush(self, labels: dict[str, str], outcome: Outcome, seconds: float) -> None:
        labels = {**labels, Label.OUTCOME: outcome}
        self._events.labels(**labels).inc()
        self._latency.labels(**labels).observe(seconds)


def _described(family: Family) -> tuple[str, str, tuple[str, ...]]:
    """Name, help and label names, in the order of prometheus_client's arguments."""
    return family.name, family.help, (*family.labels, *SCOPE_LABELS)


def _labels(usage: Usage) -> dict[str, str]:
    return {
        Label.COMPONENT: usage.component,
        Label.PROVIDER: usage.provider or UNKNOWN,
        Label.MODEL: usage.model or UNKNOWN,
        **SCOPE_LABELS,
    }
