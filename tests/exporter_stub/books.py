"""The books: what the metrics count, beside what a database holds that may be harmed."""

import time
from typing import Any, NamedTuple

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LATENCY,
    Family,
    Outcome,
)
from exporter_stub.catalogue import load_catalogue
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from exporter_stub.traffic import LabelSet
from tests.exporter_stub.conftest import execute, wait_for

_STORED = """
SELECT component, provider, model, {0}::float FROM execution_llm_usage
GROUP BY component, provider, model HAVING {0} > 0
"""

# Changes of the database after which some writes fail.
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

    def on(self, dsn: str = "", drain: float = 600) -> Any:
        """Write there, or to the database of `dsn`; at the end all that is left, by default."""
        return super().on(dsn or self.dsn, drain)

    def count(self, query: str) -> int:
        """How many rows a query gives."""
        return len(execute(self.dsn, query))

    def _counted(self, family: Family, outcome: Outcome | None = None) -> dict[LabelSet, float]:
        """What each label set has counted: its counter, or how many latencies."""
        counts = self.metrics.counts().items()
        return {key[1]: now[-1] for key, now in counts if (key[0], key[2]) == (family, outcome)}

    def _stored(self, what: str) -> dict[object, object]:
        """The same of the rows in the table."""
        return {row[:3]: row[3] for row in execute(self.dsn, _STORED.format(what))}

    @property
    def outcomes(self) -> Outcomes:
        """What is counted, while it may change."""
        return Outcomes(*(int(sum(self._counted(USAGE_EVENTS, each).values())) for each in Outcome))

    def more(self, successes: int) -> None:
        """Wait until so many more have succeeded."""
        before = self.outcomes.success
        wait_for(lambda: self.outcomes.success >= before + successes)

    def balanced(self) -> Outcomes:
        """Assert that metrics and database agree; return how many succeeded and failed."""
        assert self._counted(USAGE_EVENTS, Outcome.SUCCESS) == self._stored("count(*)")
        assert self._counted(PROMPT_TOKENS) == self._stored("sum(prompt_tokens)")
        assert self._counted(COMPLETION_TOKENS) == self._stored("sum(completion_tokens)")
        assert self._counted(USAGE_FAILURES) == self._counted(USAGE_EVENTS, Outcome.FAILURE)
        for outcome in Outcome:
            assert self._counted(USAGE_LATENCY, outcome) == self._counted(USAGE_EVENTS, outcome)
        return self.outcomes
