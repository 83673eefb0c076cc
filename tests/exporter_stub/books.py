"""The books: what the metrics count, beside what a database holds that may be harmed."""

import time
from collections import defaultdict
from typing import Any, NamedTuple

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LATENCY,
    Outcome,
)
from exporter_stub.catalogue import load_catalogue
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from tests.exporter_stub.conftest import execute, wait_for

_ROWS = """
SELECT component, provider, model,
    count(*)::float, sum(prompt_tokens)::float, sum(completion_tokens)::float
FROM execution_llm_usage GROUP BY component, provider, model
"""
_COLUMN = {USAGE_EVENTS: 0, PROMPT_TOKENS: 1, COMPLETION_TOKENS: 2}

# Changes of the database after which some writes fail, or all of the role `poor`.
POISON = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.model = 'poison' THEN {0}; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER poison BEFORE {1} ON execution_llm_usage FOR EACH ROW EXECUTE FUNCTION poison();
"""
RAISE = "RAISE 'poisoned %', NEW.id"
KILL = "PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(1)"
STATES = "ALTER TABLE workflow_states ADD CHECK (workflow_exec_id <> 'w50')"
SLOW = """
ALTER TABLE execution_llm_usage ADD CHECK (pg_sleep(60) IS NOT NULL) NOT VALID;
ALTER ROLE poor SET statement_timeout = 200
"""


class Outcomes(NamedTuple):
    """Flushes by how they ended."""

    success: int
    failure: int


class Books(Persistence):
    """Persistence on the database of `dsn`, with what it counts beside what is there."""

    def __init__(self, dsn: str, metrics: UsageMetrics | None = None) -> None:
        """Nothing runs yet."""
        self.dsn = dsn
        self.metrics = metrics or UsageMetrics()
        self.faults = Faults(time.time, [self.metrics], load_catalogue())
        super().__init__(self.metrics, self.faults)

    def on(self, dsn: str = "", drain: float = 30) -> Any:
        """Write there, or to the database of `dsn`."""
        return super().on(dsn or self.dsn, drain)

    def count(self, query: str) -> int:
        """How many rows a query gives."""
        return len(execute(self.dsn, query))

    @property
    def outcomes(self) -> Outcomes:
        """What is counted, while it may change."""
        found = {Outcome.SUCCESS: 0.0, Outcome.FAILURE: 0.0}
        for (family, _, outcome), values in self.metrics.counts().items():
            if family is USAGE_EVENTS and outcome is not None:
                found[outcome] += values[0]
        return Outcomes(*map(int, found.values()))

    def more(self, successes: int) -> None:
        """Wait until so many more have succeeded."""
        before = self.outcomes.success
        wait_for(lambda: self.outcomes.success >= before + successes)

    def balanced(self) -> Outcomes:
        """Assert that metrics and database agree; return how many succeeded and failed."""
        counted: dict[object, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        failures = observed = 0.0
        for (family, label_set, outcome), values in self.metrics.counts().items():
            if family in _COLUMN and outcome is not Outcome.FAILURE:
                counted[label_set][_COLUMN[family]] += values[0]
            failures += values[0] if family is USAGE_FAILURES else 0
            observed += values[-1] if family is USAGE_LATENCY else 0
        assert counted == {found[:3]: list(found[3:]) for found in execute(self.dsn, _ROWS)}
        found = self.outcomes
        assert found.failure == failures
        assert observed == sum(found)
        return found
