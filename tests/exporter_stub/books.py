"""The books: what the metrics count, beside what the database holds."""

from collections import defaultdict
from typing import NamedTuple

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LATENCY,
    Outcome,
)
from exporter_stub.metrics import UsageMetrics
from tests.exporter_stub.conftest import rows, wait_for

_ROWS = """
SELECT component, provider, model,
    count(*)::float, sum(prompt_tokens)::float, sum(completion_tokens)::float
FROM execution_llm_usage GROUP BY component, provider, model
"""
_COLUMN = {USAGE_EVENTS: 0, PROMPT_TOKENS: 1, COMPLETION_TOKENS: 2}


class Outcomes(NamedTuple):
    """Flushes by how they ended."""

    success: int
    failure: int


def outcomes(metrics: UsageMetrics) -> Outcomes:
    """What `metrics` says, while it may change."""
    found = {Outcome.SUCCESS: 0.0, Outcome.FAILURE: 0.0}
    for (family, _, outcome), values in metrics.counts().items():
        if family is USAGE_EVENTS and outcome is not None:
            found[outcome] += values[0]
    return Outcomes(*map(int, found.values()))


def more(metrics: UsageMetrics, successes: int) -> None:
    """Wait until so many more have succeeded."""
    before = outcomes(metrics).success
    wait_for(lambda: outcomes(metrics).success >= before + successes)


def balanced(metrics: UsageMetrics, dsn: str) -> Outcomes:
    """Assert that metrics and database agree; return how many succeeded and failed."""
    counted: dict[object, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    failures = observed = 0.0
    for (family, label_set, outcome), values in metrics.counts().items():
        if family in _COLUMN and outcome is not Outcome.FAILURE:
            counted[label_set][_COLUMN[family]] += values[0]
        failures += values[0] if family is USAGE_FAILURES else 0
        observed += values[-1] if family is USAGE_LATENCY else 0
    assert counted == {found[:3]: list(found[3:]) for found in rows(dsn, _ROWS)}
    found = outcomes(metrics)
    assert found.failure == failures
    assert observed == sum(found)
    return found
