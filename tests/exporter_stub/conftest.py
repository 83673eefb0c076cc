"""A real PostgreSQL for the whole run, an empty schema for each test, and a clock to set."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import psutil
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from contract.metrics import Component
from exporter_stub import persistence as persistence_module
from exporter_stub.catalogue import load_catalogue
from exporter_stub.database import create_schema, save
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from exporter_stub.postgres import embedded_postgres
from exporter_stub.traffic import Traffic, Usage, WorkflowRun
from tests.conftest import clean_environment
from tools.process import awaited

DISCONNECT_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@pytest.fixture
def clock() -> list[float]:
    """The seconds of a clock that a test sets."""
    return [1_000_000.0]


@pytest.fixture
def metrics() -> UsageMetrics:
    """Metrics without a series."""
    return UsageMetrics()


@pytest.fixture
def faults(clock: list[float], metrics: UsageMetrics) -> Faults:
    """No fault is on."""
    return Faults(lambda: clock[0], [metrics], load_catalogue())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running embedded PostgreSQL."""
    with embedded_postgres(tmp_path_factory.mktemp("postgres")) as dsn:
        yield dsn


@pytest.fixture
def empty_dsn(server: str) -> str:
    """A database without a schema, at an address without time-outs."""
    execute(server, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return server


@pytest.fixture
def dsn(empty_dsn: str) -> str:
    """A database with our schema and no rows."""
    create_schema(empty_dsn)
    return empty_dsn


@pytest.fixture
def lose_answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Breaks the connection over which the next usage is written, once it is written."""
    armed = threading.Event()

    def lossy(connection: psycopg.Connection[object], *what: Any, **how: Any) -> None:
        try:
            save(connection, *what, **how)
        finally:
            if armed.is_set():
                armed.clear()
                connection.pgconn.finish()
                raise psycopg.OperationalError("the answer was lost")

    monkeypatch.setattr(persistence_module, "save", lossy)
    return armed.set


@pytest.fixture
def poor(dsn: str) -> Iterator[str]:
    """The database for a role of which a test takes something away."""
    execute(dsn, "CREATE ROLE poor LOGIN IN ROLE pg_read_all_data, pg_write_all_data")
    yield make_conninfo(dsn, user="poor")
    disconnect(dsn)
    execute(dsn, "DROP ROLE poor")


def server_of(dsn: str) -> psutil.Process:
    """The process of the server of `dsn`."""
    ((file,),) = execute(dsn, "SELECT pg_read_file('postmaster.pid')")
    return psutil.Process(int(str(file).split()[0]))


def suspend(dsn: str) -> list[psutil.Process]:
    """Let the server of `dsn` and all its processes stand still, and return them."""
    server = server_of(dsn)
    server.suspend()  # so that none is started, and none that has ended vanishes
    wait_for(lambda: server.status() == psutil.STATUS_STOPPED)
    processes = [server, *server.children(recursive=True)]
    for process in processes:
        process.suspend()
    return processes


@contextmanager
def started(folder: Path, *arguments: str, **environment: str) -> Iterator[Popen[str]]:
    """The exporter's command in a process of its own in `folder`, killed at the end."""
    command = [sys.executable, "-m", "exporter_stub", *arguments]
    env = {**clean_environment(), **environment}
    with Popen(command, cwd=folder, env=env, stderr=PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: Popen[str], number: int = signal.SIGTERM, code: int = 0) -> str:
    """What `process` has logged, once a signal has ended it with this exit code."""
    process.send_signal(number)
    _, log = process.communicate(timeout=60)
    assert process.returncode == code
    return log


def execute(dsn: str, statement: str) -> list[tuple[object, ...]]:
    """Do something to a database, as an operator would, and return the rows that it gives."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        done = connection.execute(statement.encode())
        return [] if done.description is None else done.fetchall()


def disconnect(dsn: str) -> None:
    """Break all connections."""
    execute(dsn, DISCONNECT_OTHERS)


def wait_for(done: Callable[[], bool], seconds: float = 60) -> None:
    """Return when `done`; fail after `seconds`."""
    assert awaited(done, seconds)


def make_run(name: str, model: str = "m") -> WorkflowRun:
    """A workflow with a task and an agent, each with usage of its own; ids end in `name`."""
    return (
        Usage(f"a{name}", Component.AGENT, "openai", model, 100, 10, f"w{name}"),
        Usage(f"t{name}", Component.TASK, "openai", "m", 200, 0, f"w{name}"),
        Usage(f"w{name}", Component.WORKFLOW, "", "", 300, 30, f"w{name}"),
    )


@contextmanager
def load(persistence: Persistence, rate: float = 50) -> Iterator[None]:
    """So many runs a second, of six executions each, in the background."""
    stop = threading.Event()
    traffic = Traffic(load_catalogue(), 1, time.time())

    def submit() -> None:
        while not stop.wait(1 / rate):
            persistence.submit(traffic.next_run())

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
