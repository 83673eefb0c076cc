"""Workers on a real PostgreSQL that is killed, stopped, away; the books balance after all."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from exporter_stub import persistence as tested
from exporter_stub.backlog import CAPACITY
from exporter_stub.database import migrate, with_time_outs
from exporter_stub.faults import Fault, FaultName, Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import WORKERS, Persistence
from exporter_stub.postgres import EmbeddedPostgres
from tests.exporter_stub.books import balanced, outcomes
from tests.exporter_stub.conftest import execute, load, make_run, rows, server_process, wait_for
from tests.exporter_stub.proxy import Proxy

_FROM_OTHERS = """
FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_OTHERS = f"SELECT count(*) {_FROM_OTHERS}"
DISCONNECT_OTHERS = f"SELECT pg_terminate_backend(pid) {_FROM_OTHERS}"
_LOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"
_numbers = count()
KILLS = 5


def _more(metrics: UsageMetrics, successes: int) -> None:
    """Wait until so many more have succeeded."""
    before = outcomes(metrics).success
    wait_for(lambda: outcomes(metrics).success >= before + successes)


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_books_balance_after_kills_under_load(
    persistence: Persistence, metrics: UsageMetrics, tmp_path: Path
) -> None:
    with EmbeddedPostgres(tmp_path) as server:
        dsn = with_time_outs(server.dsn)
        migrate(dsn)
        with persistence.on(dsn, drain=30), load(persistence):
            for _ in range(KILLS):
                _more(metrics, 50)
                running = server_process(tmp_path)
                for process in (running, *running.children(recursive=True)):
                    process.kill()
                wait_for(lambda: not _answers(dsn))
                wait_for(lambda: _answers(dsn))
        found = balanced(metrics, dsn)
    assert found.success > 50 * KILLS
    assert found.failure > 0


def test_a_database_that_answers_nothing_shows_as_failures_and_comes_back(
    persistence: Persistence, metrics: UsageMetrics, dsn: str
) -> None:
    with Proxy(dsn) as proxy:
        with persistence.on(proxy.dsn, drain=30), load(persistence):
            _more(metrics, 50)
            proxy.freeze()
            wait_for(lambda: outcomes(metrics).failure > 50)
            wait_for(lambda: not persistence.ready)
            proxy.thaw()
            _more(metrics, 30)
        balanced(metrics, dsn)


def test_it_ends_while_its_database_answers_nothing_and_tells_what_nobody_knows(
    persistence: Persistence, metrics: UsageMetrics, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(dsn) as connection, Proxy(dsn) as proxy:
        connection.execute("LOCK TABLE execution_llm_usage")
        with persistence.on(proxy.dsn):
            for number in range(20):
                persistence.submit(make_run(str(number)))
            wait_for(lambda: rows(dsn, _LOCKED) == [(WORKERS,)])
            proxy.freeze()
        failed = outcomes(metrics).failure
    unknown = [text for text in caplog.messages if text.startswith("Stopped before the outcome")]
    assert len(unknown) == WORKERS
    assert len(unknown) + failed == 60


def test_everything_that_was_taken_is_written_before_the_end(
    persistence: Persistence, metrics: UsageMetrics, dsn: str
) -> None:
    with persistence.on(dsn, drain=30):
        for number in range(50):
            persistence.submit(make_run(str(number)))
    assert balanced(metrics, dsn) == (150, 0)


def test_what_is_left_at_the_end_is_counted_once_or_logged_as_unknown(
    persistence: Persistence, metrics: UsageMetrics, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    with persistence.on(dsn, drain=0):
        for number in range(100):
            persistence.submit(make_run(str(number)))
        _more(metrics, 1)
    wait_for(lambda: rows(dsn, _OTHERS) == [(0,)])
    counted = sum(balanced(metrics, dsn))
    unknown = [text for text in caplog.messages if text.startswith("Stopped before the outcome")]
    assert counted <= 300 <= counted + len(unknown)


def test_more_than_can_wait_fails_at_once(persistence: Persistence, metrics: UsageMetrics) -> None:
    for number in range(CAPACITY + 1):
        persistence.submit(make_run(str(number)))
    assert outcomes(metrics) == (0, 3)


@pytest.mark.usefixtures("patient")
def test_once_the_database_is_back_nothing_fails_any_more(
    persistence: Persistence, metrics: UsageMetrics, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Proxy(dsn) as proxy:
        with persistence.on(proxy.dsn, drain=30), load(persistence, rate=20):
            for _ in range(3):
                _more(metrics, 50)
                before = outcomes(metrics).failure
                proxy.refuse()
                wait_for(lambda: outcomes(metrics).failure > before + 20)  # noqa: B023  # at once
                assert not persistence.ready
                proxy.accept()
                _more(metrics, 1)
                failed = outcomes(metrics).failure
                _more(metrics, 200)
                assert outcomes(metrics).failure == failed
        balanced(metrics, dsn)
    states = [text.split(":")[0] for text in caplog.messages if text.startswith("Database")]
    assert states == ["Database lost", "Database back"] * 3


def _lost(asked: bytes) -> Callable[[Proxy], None]:
    return lambda proxy: proxy.lose_answer(asked)


_STATEMENTS = (b"execution_llm_usage", b"_pg3_", b"workflow_states", b"_pg3_")


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "harms", [[Proxy.reset] * 10, [*map(_lost, _STATEMENTS)] * 5], ids=["reset", "lost answer"]
)
def test_a_connection_that_breaks_costs_nothing_and_its_write_is_counted_once(
    persistence: Persistence, metrics: UsageMetrics, dsn: str, harms: list[Callable[[Proxy], None]]
) -> None:
    with Proxy(dsn) as proxy:
        with persistence.on(proxy.dsn, drain=30), load(persistence):
            for harm in harms:
                _more(metrics, 20)
                harm(proxy)
        assert balanced(metrics, dsn).failure == 0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run waits too long, however slow the machine is."""
    monkeypatch.setattr(tested, "TIMEOUT", 600)


@pytest.fixture
def poor(dsn: str) -> Iterator[str]:
    """The database for a role of which a test takes something away."""
    execute(dsn, "CREATE ROLE poor LOGIN; GRANT USAGE ON SCHEMA public TO poor")
    for kind in ("TABLES", "SEQUENCES"):
        execute(dsn, f"GRANT ALL ON ALL {kind} IN SCHEMA public TO poor")
    yield make_conninfo(dsn, user="poor")
    execute(dsn, DISCONNECT_OTHERS)
    execute(dsn, "DROP OWNED BY poor; DROP ROLE poor")


@pytest.mark.usefixtures("patient")
def test_five_connections_do_the_work_where_there_are_no_more(
    persistence: Persistence, metrics: UsageMetrics, poor: str, dsn: str
) -> None:
    execute(dsn, "ALTER ROLE poor CONNECTION LIMIT 5")
    with persistence.on(poor, drain=30):
        wait_for(lambda: persistence.ready)
        for number in range(300):
            persistence.submit(make_run(str(number)))
        wait_for(lambda: sum(outcomes(metrics)) == 900)
    assert balanced(metrics, dsn) == (900, 0)


_POISON = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.model = 'poison' THEN {0}; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER poison BEFORE {1} ON execution_llm_usage FOR EACH ROW EXECUTE FUNCTION poison();
"""
_RAISE = "RAISE 'poisoned %', NEW.id"
_KILL = "PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(1)"


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("poison", [_RAISE, _KILL], ids=["raise", "kill"])
def test_a_write_that_is_poison_fails_alone(
    persistence: Persistence, metrics: UsageMetrics, dsn: str, poison: str
) -> None:
    execute(dsn, _POISON.format(poison, "INSERT"))
    with persistence.on(dsn, drain=60):
        for number in range(100):
            persistence.submit(make_run(str(number), "poison" if number in (20, 50) else "m"))
        wait_for(lambda: sum(outcomes(metrics)) == 300)
    assert balanced(metrics, dsn) == (298, 2)


@pytest.mark.parametrize(
    ("when", "stored"), [("UPDATE", True), ("INSERT", False)], ids=["after", "before"]
)
def test_a_write_whose_answer_was_lost_and_that_is_refused_then_is_looked_up(
    persistence: Persistence, metrics: UsageMetrics, dsn: str, when: str, *, stored: bool
) -> None:
    execute(dsn, _POISON.format(_RAISE, when))
    with Proxy(dsn) as proxy, persistence.on(proxy.dsn, drain=30):
        proxy.lose_answer(b"INSERT INTO execution_llm_usage")
        run = make_run("1", "poison")
        persistence.submit(replace(run, usages=run.usages[:1]))
        wait_for(lambda: sum(outcomes(metrics)) == 1)
    assert balanced(metrics, dsn) == (stored, not stored)


@pytest.mark.usefixtures("patient")
def test_a_run_whose_states_are_refused_fails_alone(
    persistence: Persistence, metrics: UsageMetrics, dsn: str
) -> None:
    execute(dsn, "ALTER TABLE workflow_states ADD CHECK (workflow_exec_id <> 'w50')")
    for number in range(100):
        persistence.submit(make_run(str(number)))
    with persistence.on(dsn, drain=30):
        wait_for(lambda: sum(outcomes(metrics)) == 300)
    assert balanced(metrics, dsn) == (297, 3)


_CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'poor'"


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("ALTER ROLE poor NOLOGIN", 'role "poor" is not permitted to log in'),
        ("ALTER ROLE poor SET default_transaction_read_only = on", "in a read-only transaction"),
        ("REVOKE ALL ON execution_llm_usage FROM poor", "permission denied for table"),
    ],
)
def test_a_failure_is_logged_with_its_own_cause(
    persistence: Persistence,
    metrics: UsageMetrics,
    poor: str,
    dsn: str,
    cause: str,
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with persistence.on(poor):
        persistence.submit(make_run("1"))
        wait_for(lambda: rows(dsn, _CONNECTED) == [(WORKERS,)])  # none connects while it changes
        wait_for(lambda: outcomes(metrics).success == 3)
        execute(dsn, cause)
        execute(dsn, DISCONNECT_OTHERS)
        for number in range(2, 12):
            persistence.submit(make_run(str(number)))
        # Each worker may have met the end of its connection with a write, which is in doubt since.
        wait_for(lambda: outcomes(metrics).failure >= 30 - WORKERS)
    failures = [text for text in caplog.messages if text.startswith("Failed to persist usage")]
    assert failures
    assert all(said in text for text in failures)
    told = re.compile(r".* exec_id=a\d+ component=agent provider=openai model=m error=.*")
    assert any(map(told.fullmatch, failures))


def test_a_lock_is_logged_as_a_statement_that_took_too_long(
    persistence: Persistence, metrics: UsageMetrics, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    impatient = make_conninfo(dsn, options="-c statement_timeout=200")
    with psycopg.connect(dsn) as connection, persistence.on(impatient):
        connection.execute("LOCK TABLE execution_llm_usage")
        persistence.submit(make_run("1"))
        wait_for(lambda: outcomes(metrics).failure == 3)
        connection.rollback()
        persistence.submit(make_run("2"))
        wait_for(lambda: outcomes(metrics).success == 3)
    timed_out = [text for text in caplog.messages if "due to statement timeout" in text]
    assert len(timed_out) == 3


_FAULTS = {
    FaultName.MUTED: Fault(name=FaultName.MUTED, share=0.5),
    FaultName.FOREIGN_KEY: Fault(name=FaultName.FOREIGN_KEY, share=0.5),
    FaultName.SLOW: Fault(name=FaultName.SLOW, share=0.5, delay=0.01),
}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from([None, "disconnect", *_FAULTS]), max_size=8))
def test_the_books_balance_whatever_happens(
    metrics: UsageMetrics, faults: Faults, dsn: str, happenings: list[FaultName | str | None]
) -> None:
    """Faults and broken connections in any order, with runs between them."""
    metrics.reset()
    faults.clear()
    execute(dsn, "DELETE FROM workflow_states")
    persistence = Persistence(metrics, faults)
    with persistence.on(dsn, drain=30):
        for happening in happenings:
            if happening == "disconnect":
                execute(dsn, DISCONNECT_OTHERS)
            elif isinstance(happening, FaultName):
                faults.begin(_FAULTS[happening])
            for _ in range(3):
                persistence.submit(make_run(str(next(_numbers))))
    assert sum(balanced(metrics, dsn)) == 9 * len(happenings)
