"""Workers on a real PostgreSQL that is killed, stopped, away; the books balance after all."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from unittest.mock import Mock

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from exporter_stub import persistence as persistence_module
from exporter_stub.database import TIMEOUT, Connection
from exporter_stub.faults import Fault, FaultName
from exporter_stub.persistence import CAPACITY, WORKERS
from tests.exporter_stub.books import KILL, POISON, RAISE, STATES, Books
from tests.exporter_stub.conftest import (
    DISCONNECT_OTHERS,
    disconnect,
    execute,
    load,
    make_run,
    suspend,
    wait_for,
)

_CLIENTS = "SELECT FROM pg_stat_activity WHERE backend_type = 'client backend'"
_LOCKED = "SELECT FROM pg_locks WHERE NOT granted"


@pytest.fixture
def books(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    """Persistence in which nothing takes too long, and idle connections are let alone."""
    others = {*threading.enumerate()}
    monkeypatch.setattr(persistence_module, "TIMEOUT", 600)
    monkeypatch.setattr(persistence_module, "PING", 600)
    monkeypatch.setattr(persistence_module, "Connection", psycopg.Connection)
    yield Books(dsn)
    wait_for(lambda: others.issuperset(threading.enumerate()))  # no later test has its messages


def test_the_books_balance_after_kills_under_load(books: Books) -> None:
    with books.on(), load(books):
        books.more(50)
        for _ in range(3):
            for process in reversed(suspend(books.dsn)):  # those whose parent is killed may vanish
                process.kill()
            books.more(50)  # it has been started again
    books.balanced()


def test_a_database_that_answers_nothing_shows_as_failures_and_comes_back(
    books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(persistence_module, "Connection", Connection)
    with books.on(), load(books), ExitStack() as goes_on:
        books.more(50)
        for process in suspend(books.dsn):  # it takes connections and bytes still
            goes_on.callback(process.resume)
        monkeypatch.setattr(persistence_module, "TIMEOUT", 1)
        wait_for(lambda: "was free within 600 s" in caplog.text and not books.connected)
        goes_on.close()
        books.more(30)
    assert books.balanced().failure > 0


def test_more_than_can_wait_fails_at_once(books: Books) -> None:
    for number in range(CAPACITY // 3 + 1):
        books.submit(make_run(str(number)))
    assert books.outcomes == (0, 3)


@pytest.mark.parametrize(("locked", "broken"), [(False, False), (True, False), (True, True)])
def test_what_is_left_at_the_end_is_counted_by_who_has_it_and_nobody_else(
    books: Books,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    locked: bool,
    broken: bool,
) -> None:
    others = {*threading.enumerate()}
    with psycopg.connect(books.dsn) as connection:
        if locked:
            connection.execute("LOCK TABLE execution_llm_usage")
        with books.on(drain=0):
            for number in range(100):
                books.submit(make_run(str(number)))
            wait_for(lambda: books.count(_LOCKED) == (WORKERS if locked else 0))
            monkeypatch.setattr(persistence_module, "TIMEOUT", 0)  # all would be too late
        if broken:
            execute(books.dsn, _LOCKED.replace("SELECT", "SELECT pg_terminate_backend(pid)"))
    wait_for(lambda: others.issuperset(threading.enumerate()))
    unknown = [text for text in caplog.messages if text.startswith("Stopped before the outcome")]
    assert sum(books.balanced()) == (300 - WORKERS if broken else 300)
    if locked:
        assert (books.outcomes.success, len(unknown)) == (0 if broken else WORKERS, WORKERS)
    assert "Database lost" not in caplog.text


def test_once_the_database_is_back_nothing_fails_anymore(
    books: Books, poor: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with books.on(poor), load(books, rate=20):
        for _ in range(3):
            wait_for(lambda: books.connected == WORKERS)
            before = books.outcomes.failure
            execute(books.dsn, "ALTER ROLE poor NOLOGIN")
            wait_for(lambda: not books.count(DISCONNECT_OTHERS))
            wait_for(lambda: books.outcomes.failure > before + 20)  # noqa: B023  # at once
            assert not books.connected
            execute(books.dsn, "ALTER ROLE poor LOGIN")
            books.more(1)
            failed = books.outcomes.failure
            books.more(200)
            assert books.outcomes.failure == failed
    books.balanced()
    states = [text.split(":")[0] for text in caplog.messages if text.startswith("Database")]
    assert states == ["Database lost", "Database back"] * 3


def test_an_outage_shorter_than_the_time_between_attempts_fails_nothing(
    books: Books, poor: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By a clock that hardly advances, the outage is shorter on however busy a machine."""
    monkeypatch.setattr(time, "perf_counter", partial(next, count(1e-6, 1e-6)))
    monkeypatch.setattr(persistence_module, "Write", partial(persistence_module.Write, since=0))
    looked = Mock(return_value=())  # the faults; asked for once what waits too long has failed
    monkeypatch.setattr(books.faults, "active", looked)
    execute(books.dsn, "ALTER ROLE poor NOLOGIN")
    books.submit(make_run("1"))
    with books.on(poor):
        wait_for(lambda: "Database lost" in caplog.text)
        looked.reset_mock()
        wait_for(lambda: looked.call_count > 1)  # one of the looks began after that
        execute(books.dsn, "ALTER ROLE poor LOGIN")
    assert books.balanced() == (3, 0)


def test_a_connection_that_breaks_costs_nothing_and_no_write_or_fault_is_counted_twice(
    books: Books, lose_answer: Callable[[], None]
) -> None:
    """Of each label set, every fifth write is muted and every fourth refused: 8 of 20."""
    books.faults.begin(Fault(name=FaultName.MUTED, share=1 / 5))
    books.faults.begin(Fault(name=FaultName.FOREIGN_KEY, share=1 / 4))
    books.faults.begin(Fault(name=FaultName.SLOW, share=1 / 2, delay=0.1))
    with books.on():
        wait_for(lambda: books.connected == WORKERS)
        for number in range(60):
            books.submit(make_run(str(number)))
        disconnect(books.dsn)  # while the first are written
        lose_answer()
    assert books.balanced() == (3 * 36, 3 * 24)


def test_connections_that_ended_while_idle_cost_nothing(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persistence_module, "REST", 0)
    with books.on():
        wait_for(lambda: books.count(_CLIENTS) == WORKERS + 1)
        ((ended,),) = execute(books.dsn, "SELECT extract(epoch FROM now())")
        disconnect(books.dsn)
        # They are replaced before there is a write that could break with them.
        newer = f"{_CLIENTS} AND backend_start > to_timestamp({ended})"
        wait_for(lambda: books.count(newer) == WORKERS + 1)
        books.submit(make_run("1")[:1])
    assert books.balanced() == (1, 0)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        pytest.param("ALTER ROLE poor CONNECTION LIMIT 5", 0, id="five connections"),
        pytest.param(POISON.format(RAISE, "INSERT"), 2, id="two writes raise"),
        pytest.param(POISON.format(KILL, "INSERT"), 2, id="two writes break connections"),
        pytest.param(STATES, 3, id="states"),
    ],
)
def test_everything_is_written_before_the_end_but_what_is_refused(
    books: Books, poor: str, change: str, failed: int
) -> None:
    execute(books.dsn, change)
    with books.on(poor):
        wait_for(lambda: books.connected > 0)  # those that are refused are no outage then
        for number in range(100):
            books.submit(make_run(str(number), "poison" if number in (20, 50) else "m"))
    assert books.balanced() == (300 - failed, failed)


@pytest.mark.parametrize("when", ["UPDATE", "INSERT"])
def test_a_write_whose_answer_was_lost_and_that_is_refused_then_is_looked_up(
    books: Books, lose_answer: Callable[[], None], when: str
) -> None:
    execute(books.dsn, POISON.format(RAISE, when))
    lose_answer()
    with books.on():
        books.submit(make_run("1", "poison")[:1])
    assert books.balanced() == ((1, 0) if when == "UPDATE" else (0, 1))


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("ALTER ROLE poor NOLOGIN", 'role "poor" is not permitted to log in'),
        ("ALTER ROLE poor SET default_transaction_read_only = on", "in a read-only transaction"),
        ("REVOKE pg_write_all_data FROM poor", "permission denied for table"),
    ],
)
def test_a_failure_is_logged_with_its_own_cause(
    books: Books, poor: str, cause: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with books.on(poor, drain=1):
        books.submit(make_run("1"))
        wait_for(lambda: books.connected == WORKERS and books.outcomes.success == 3)
        execute(books.dsn, cause)  # while none connects
        disconnect(books.dsn)
        for number in range(2, 12):
            books.submit(make_run(str(number)))
        # Each worker may have met the end of its connection with a write, in doubt since then.
        wait_for(lambda: books.outcomes.failure >= 30 - WORKERS)
        told = "\n".join(filter(re.compile("Failed to persist usage").match, caplog.messages))
    assert all(said in text for text in told.splitlines())
    assert re.search(r" exec_id=a\d+ component=agent provider=openai model=m error=", told)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(name=FaultName.MUTED), "connection failed: muted, a rehearsed fault"),
        (Fault(name=FaultName.FOREIGN_KEY), "violates foreign key constraint"),
        (Fault(name=FaultName.SLOW, delay=TIMEOUT + 5), "due to statement timeout"),
    ],
)
def test_a_write_meets_the_faults_that_were_on_when_it_came(
    books: Books, fault: Fault, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    books.faults.begin(fault)
    books.submit(make_run("1"))
    books.faults.clear()
    caplog.clear()
    with books.on(make_conninfo(books.dsn, options=f"-c statement_timeout={TIMEOUT}s")):
        pass
    assert books.balanced() == (0, 3)
    assert all(said in text for text in caplog.messages)
