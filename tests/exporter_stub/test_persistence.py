"""Workers on a real PostgreSQL that is killed, stopped and away; the books balance after all."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psutil
import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter_stub.availability import Availability
from exporter_stub.catalogue import load_catalogue
from exporter_stub.database import migrate, with_time_outs
from exporter_stub.embedded_postgres import EmbeddedPostgres
from exporter_stub.faults import Fault, FaultName, Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import QUEUE, Persistence
from exporter_stub.traffic import Traffic
from tests.exporter_stub.books import balanced
from tests.exporter_stub.conftest import DISCONNECT_OTHERS, Persisting, make_run
from tests.exporter_stub.parsing import now

KILLS = 10


def _await(done: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until `done`, for `seconds` at most."""
    begun = time.monotonic()
    while not done():
        assert time.monotonic() < begun + seconds
        time.sleep(0.02)


@contextmanager
def _load(persistence: Persistence) -> Iterator[None]:
    """Some 200 runs a second, in the background."""
    stop = threading.Event()
    traffic = Traffic(load_catalogue(), 1, time.time())

    def submit() -> None:
        while not stop.wait(0.005):
            persistence.submit(traffic.next_run())

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _outcomes(metrics: UsageMetrics) -> dict[str, float]:
    found = {"success": 0.0, "failure": 0.0}
    for labels, value in now(metrics)["compozy_llm_usage_events_total"]:
        found[labels["outcome"]] += value
    return found


@contextmanager
def _own_server(folder: Path) -> Iterator[tuple[str, Callable[[], list[psutil.Process]]]]:
    """A PostgreSQL of this test's own: its address, and a way to find its processes."""

    def processes() -> list[psutil.Process]:
        pid = int((folder / "postgres/postmaster.pid").read_text().split()[0])
        server = psutil.Process(pid)
        return [server, *server.children(recursive=True)]

    with EmbeddedPostgres(folder) as server:
        dsn = with_time_outs(server.dsn)
        migrate(dsn)
        yield dsn, processes


def test_the_books_balance_after_ten_kills_under_load(
    persisting: Persisting, metrics: UsageMetrics, tmp_path: Path
) -> None:
    with _own_server(tmp_path) as (dsn, processes):
        with persisting(dsn) as persistence, _load(persistence):
            for _ in range(KILLS):
                before = _outcomes(metrics)["success"]
                _await(lambda: _outcomes(metrics)["success"] > before + 50)  # noqa: B023  # at once
                for process in processes():
                    process.kill()
                _await(lambda: not _answers(dsn))
                _await(lambda: _answers(dsn))
        succeeded, failed = balanced(metrics, dsn)
    assert succeeded > 50 * KILLS
    assert failed > 0


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_server_that_is_stopped_shows_as_failures_and_comes_back(
    persisting: Persisting, metrics: UsageMetrics, tmp_path: Path
) -> None:
    """SIGSTOP: it keeps its connections, takes new ones, and answers nothing."""
    with _own_server(tmp_path) as (dsn, processes):
        with persisting(dsn) as persistence, _load(persistence):
            _await(lambda: _outcomes(metrics)["success"] > 50)
            frozen = processes()
            for process in frozen:
                process.send_signal(signal.SIGSTOP)
            try:
                _await(lambda: _outcomes(metrics)["failure"] > 50)
                assert len(threading.enumerate()) < 30
            finally:
                for process in frozen:
                    process.send_signal(signal.SIGCONT)
            before = _outcomes(metrics)["success"]
            _await(lambda: _outcomes(metrics)["success"] > before)
        balanced(metrics, dsn)


def test_it_ends_in_time_while_its_database_is_stopped(
    persisting: Persisting, metrics: UsageMetrics, tmp_path: Path
) -> None:
    with _own_server(tmp_path) as (dsn, processes):
        frozen: list[psutil.Process] = []
        try:
            with persisting(dsn) as persistence:
                persistence.submit(make_run("1"))
                _await(lambda: _outcomes(metrics)["success"] == 3)
                frozen = processes()
                for process in frozen:
                    process.send_signal(signal.SIGSTOP)
                for number in range(20):
                    persistence.submit(make_run(f"frozen {number}"))
                ended = threading.Timer(10, frozen[0].send_signal, [signal.SIGCONT])
                ended.start()
            assert ended.is_alive(), "it waited until the server went on"
            ended.cancel()
        finally:
            for process in frozen:
                process.send_signal(signal.SIGCONT)


def test_everything_that_was_taken_is_written_before_the_end(
    persisting: Persisting, metrics: UsageMetrics, dsn: str
) -> None:
    with persisting(dsn) as persistence:
        for number in range(50):
            persistence.submit(make_run(str(number)))
    assert balanced(metrics, dsn) == (150, 0)


def test_more_than_can_wait_fails_at_once(metrics: UsageMetrics, faults: Faults) -> None:
    """Without workers; none is started outside of a `with` block."""
    persistence = Persistence("", metrics, faults, Availability(), workers=1)
    for number in range(QUEUE + 1):
        persistence.submit(make_run(str(number)))
    assert _outcomes(metrics) == {"success": 0, "failure": 3}


_numbers = count()
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
    persisting: Persisting,
    metrics: UsageMetrics,
    faults: Faults,
    dsn: str,
    happenings: list[FaultName | str | None],
) -> None:
    """Faults and broken connections in any order, with runs between them."""
    metrics.reset()
    faults.clear()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM workflow_states")
        with persisting(dsn) as persistence:
            for happening in happenings:
                if happening == "disconnect":
                    connection.execute(DISCONNECT_OTHERS)
                elif isinstance(happening, FaultName):
                    faults.begin(_FAULTS[happening])
                for _ in range(3):
                    persistence.submit(make_run(str(next(_numbers))))
    succeeded, failed = balanced(metrics, dsn)
    assert succeeded + failed == 9 * len(happenings)
