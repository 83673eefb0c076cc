import time

import psycopg
import pytest

from exporter_stub.availability import Availability
from exporter_stub.collector import Collector
from exporter_stub.deadline import Deadlines
from exporter_stub.executions import Usage, WorkflowRun
from exporter_stub.faults import Fault, FaultName, Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.store import ConnectionLostError, UsageStore
from tests.exporter_stub.books import balanced
from tests.exporter_stub.conftest import make_run
from tests.exporter_stub.parsing import samples


@pytest.fixture
def availability() -> Availability:
    """A database that is taken to answer."""
    return Availability()


@pytest.fixture
def collector(
    store: UsageStore, metrics: UsageMetrics, faults: Faults, availability: Availability
) -> Collector:
    """A collector on a real database."""
    return Collector(store, metrics, faults, availability)


def test_what_the_database_took_is_counted_as_success(
    collector: Collector, metrics: UsageMetrics, dsn: str, run: WorkflowRun
) -> None:
    collector.handle((time.perf_counter(), run))
    assert balanced(metrics, dsn) == (3, 0)


def test_what_the_database_refused_is_counted_as_failure_and_logged(
    collector: Collector,
    metrics: UsageMetrics,
    faults: Faults,
    dsn: str,
    run: WorkflowRun,
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults.begin(Fault(name=FaultName.FOREIGN_KEY, provider="openai"))
    caplog.clear()
    collector.handle((time.perf_counter(), run))
    assert balanced(metrics, dsn) == (1, 2)
    first = caplog.records[0]
    assert first.levelname == "ERROR"
    message = first.getMessage()
    assert "Failed to persist usage" in message
    assert "exec_id=a1 component=agent provider=openai model=m error=" in message
    assert "violates foreign key constraint" in message
    assert "\n" not in message


def test_a_muted_write_fails_as_one_without_a_database_and_leaves_it_alone(
    collector: Collector, metrics: UsageMetrics, faults: Faults, dsn: str, run: WorkflowRun
) -> None:
    faults.begin(Fault(name=FaultName.MUTED))
    collector.handle((time.perf_counter(), run))
    assert balanced(metrics, dsn) == (0, 3)
    faults.clear()
    collector.handle((time.perf_counter(), make_run("2")))
    assert balanced(metrics, dsn) == (3, 3)


def test_a_database_that_is_away_is_a_failure_and_is_not_asked_again_and_again(
    metrics: UsageMetrics, faults: Faults, availability: Availability, run: WorkflowRun
) -> None:
    with Deadlines() as deadlines:
        away = UsageStore("host=127.0.0.1 port=1 connect_timeout=2", deadlines)
        Collector(away, metrics, faults, availability).handle((time.perf_counter(), run))
    ((_, failed),) = samples(metrics)["compozy_llm_usage_failures_total"][:1]
    assert failed == 1
    with pytest.raises(psycopg.OperationalError, match="connection failed"):
        availability.check()
    availability.answered()
    availability.check()
    assert availability.ready


def test_a_run_that_waited_too_long_fails_with_the_wait_as_its_latency(
    collector: Collector, metrics: UsageMetrics, dsn: str, run: WorkflowRun
) -> None:
    collector.flush(run.usages[0], waited=5.5)
    assert balanced(metrics, dsn) == (0, 1)
    ((_, total),) = samples(metrics)["compozy_llm_usage_latency_seconds_sum"]
    assert 5.5 <= total < 6


class _Unsure(UsageStore):
    """Writes, and loses the connection before it is told, as often as `broken` says."""

    broken = 1

    def save(self, usage: Usage, delay: float = 0.0) -> None:
        super().save(usage, delay)
        if self.broken:
            self.broken -= 1
            self.__exit__()
            raise ConnectionLostError("gone")


def test_a_write_of_unknown_outcome_is_counted_once_when_it_is_settled(
    metrics: UsageMetrics, faults: Faults, availability: Availability, dsn: str, run: WorkflowRun
) -> None:
    with Deadlines() as deadlines, _Unsure(dsn, deadlines) as store:
        collector = Collector(store, metrics, faults, availability)
        collector.handle((time.perf_counter(), run))
        # It is known to be lost: the two behind it are not tried.
        found = samples(metrics)
        assert sum(value for _, value in found["compozy_llm_usage_events_total"]) == 2
        store.broken = 1
        with pytest.raises(ConnectionLostError):
            collector.settle()
        collector.settle()
        collector.settle()
    assert balanced(metrics, dsn) == (1, 2)


def test_a_write_that_is_refused_when_it_is_settled_has_failed(
    collector: Collector, metrics: UsageMetrics, availability: Availability, dsn: str
) -> None:
    availability.settle_later(make_run("never begun").usages[0], 0)
    collector.settle()
    assert balanced(metrics, dsn) == (0, 1)


class _ReadOnly(UsageStore):
    """A database that takes no row now, and says nothing of those that it has."""

    refusing = True

    def save(self, usage: Usage, delay: float = 0.0) -> None:
        if self.refusing:
            raise psycopg.errors.ReadOnlySqlTransaction("read-only")
        super().save(usage, delay)


def test_an_error_that_does_not_tell_whether_the_row_is_there_settles_nothing(
    metrics: UsageMetrics, faults: Faults, availability: Availability, dsn: str, run: WorkflowRun
) -> None:
    with Deadlines() as deadlines, _ReadOnly(dsn, deadlines) as store:
        collector = Collector(store, metrics, faults, availability)
        store.begin(run)
        UsageStore.save(store, run.usages[0])
        availability.settle_later(run.usages[0], 0)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            collector.settle()
        assert "compozy_llm_usage_events_total" not in samples(metrics)
        store.refusing = False
        collector.settle()
    assert balanced(metrics, dsn) == (1, 0)


def test_a_muted_write_without_a_connection_says_nothing_of_the_database(
    collector: Collector, faults: Faults, availability: Availability, run: WorkflowRun
) -> None:
    faults.begin(Fault(name=FaultName.MUTED))
    collector.flush(run.usages[0])  # nothing is connected yet
    availability.check()
