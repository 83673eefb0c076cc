import threading
import time
from dataclasses import replace

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from exporter_stub.collector import MAX_LAG, Collector, emit
from exporter_stub.database import UsageStore
from exporter_stub.executions import Usage, WorkflowRun
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import SCENARIOS, Traffic

EVENTS = "compozy_llm_usage_events_total"


def _flushed(dsn: str, run: WorkflowRun) -> CollectorRegistry:
    registry = CollectorRegistry()
    with UsageStore(dsn) as store:
        Collector(store, UsageMetrics(registry)).handle(run)
    return registry


def _events(registry: CollectorRegistry, outcome: str) -> float:
    return sum(
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == EVENTS and sample.labels["outcome"] == outcome
    )


def test_what_the_database_took_is_counted_as_success(dsn: str, run: WorkflowRun) -> None:
    registry = _flushed(dsn, run)
    assert (_events(registry, "success"), _events(registry, "failure")) == (3, 0)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM execution_llm_usage").fetchone() == (3,)


def test_what_the_database_refused_is_counted_as_failure_and_logged(
    dsn: str, run: WorkflowRun, caplog: pytest.LogCaptureFixture
) -> None:
    registry = _flushed(dsn, replace(run, forgotten=True))
    assert (_events(registry, "success"), _events(registry, "failure")) == (0, 3)
    first = caplog.records[0]
    assert first.levelname == "ERROR"
    message = first.getMessage()
    assert "Failed to persist usage" in message
    assert "exec_id=t2 component=agent provider=openai model=m error=" in message
    assert "violates foreign key constraint" in message
    assert "\n" not in message


def test_a_database_that_is_away_is_a_failure_and_no_crash(run: WorkflowRun) -> None:
    registry = _flushed("host=127.0.0.1 port=1 connect_timeout=1", run)
    assert (_events(registry, "success"), _events(registry, "failure")) == (0, 3)


def test_a_failures_latency_is_what_the_attempt_took(run: WorkflowRun) -> None:
    registry = CollectorRegistry()

    class Slow(UsageStore):
        def save(self, usage: Usage) -> None:  # noqa: ARG002  # as its parent has it
            time.sleep(0.01)
            raise psycopg.OperationalError("away")

    Collector(Slow(""), UsageMetrics(registry)).flush(run.usages[0])
    sums = [
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name.endswith("_sum")
    ]
    assert len(sums) == 1
    assert sums[0] >= 0.01


class _Clock:
    """Time that passes only when somebody waits for it, or handles a run."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class _Stop(threading.Event):
    """Ends `emit` after `limit` simulated seconds."""

    def __init__(self, clock: _Clock, limit: float) -> None:
        super().__init__()
        self._clock = clock
        self._limit = limit

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now += timeout or 0.0
        return self._clock.now > self._limit


def test_runs_come_at_the_rate_that_was_asked_for() -> None:
    clock = _Clock()
    arrivals: list[float] = []
    traffic = Traffic(SCENARIOS["steady"], rate=10, seed=1)
    emit(traffic, lambda _: arrivals.append(clock.now), _Stop(clock, limit=100), clock)
    assert len(arrivals) == pytest.approx(1000, rel=0.1)


def test_a_slow_database_delays_runs_and_does_not_pile_them_up() -> None:
    """After a minute's outage the arrivals of its last seconds come at once, and no others."""
    clock = _Clock()
    arrivals: list[float] = []

    def handle(_: WorkflowRun) -> None:
        arrivals.append(clock.now)
        clock.now += 60 if len(arrivals) == 1 else 0

    emit(Traffic(SCENARIOS["steady"], rate=10, seed=1), handle, _Stop(clock, limit=62), clock)
    at_once = sum(arrived < 60.2 for arrived in arrivals)
    assert at_once == pytest.approx(10 * MAX_LAG, rel=0.4)
