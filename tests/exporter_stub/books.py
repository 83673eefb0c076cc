"""The books: what the metrics count, beside what the database holds."""

from dataclasses import dataclass

import psycopg

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LATENCY,
)
from exporter_stub.executions import Pair
from exporter_stub.metrics import UsageMetrics
from tests.exporter_stub.parsing import Samples, samples

_ROWS = """
SELECT component, provider, model, count(*), sum(prompt_tokens), sum(completion_tokens)
FROM execution_llm_usage GROUP BY component, provider, model
"""


@dataclass(frozen=True)
class Account:
    """Executions of one pair, and their tokens."""

    executions: float
    prompt_tokens: float
    completion_tokens: float


def written(dsn: str) -> dict[Pair, Account]:
    """What the database holds."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_ROWS).fetchall()
    return {(row[0], row[1], row[2]): Account(*map(float, row[3:])) for row in rows}


def counted(found: Samples) -> dict[Pair, Account]:
    """What the metrics say of successes."""

    def of(name: str, pair: Pair, **labels: str) -> float:
        wanted = dict(zip(("component", "provider", "model"), pair, strict=True)) | labels
        return sum(
            value
            for labels, value in found[name]
            if all(labels[key] == text for key, text in wanted.items())
        )

    pairs = {
        (labels["component"], labels["provider"], labels["model"])
        for labels, _ in found[USAGE_EVENTS.name]
        if labels["outcome"] == "success"
    }
    return {
        pair: Account(
            of(USAGE_EVENTS.name, pair, outcome="success"),
            of(PROMPT_TOKENS.name, pair),
            of(COMPLETION_TOKENS.name, pair),
        )
        for pair in pairs
    }


def balanced(metrics: UsageMetrics, dsn: str) -> tuple[int, int]:
    """Assert that metrics and database agree; return how many succeeded and failed."""
    found = samples(metrics)
    assert counted(found) == written(dsn)
    outcomes = {
        outcome: sum(
            value for labels, value in found[USAGE_EVENTS.name] if labels["outcome"] == outcome
        )
        for outcome in ("success", "failure")
    }
    assert sum(value for _, value in found[USAGE_FAILURES.name]) == outcomes["failure"]
    observed = sum(value for _, value in found[f"{USAGE_LATENCY.name}_count"])
    assert observed == sum(outcomes.values())
    return int(outcomes["success"]), int(outcomes["failure"])
