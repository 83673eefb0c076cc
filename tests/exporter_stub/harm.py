"""What a PostgreSQL server may do to those who are connected to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.exporter_stub.conftest import DISCONNECT_OTHERS, server_process, wait_for


@contextmanager
def away(dsn: str) -> Iterator[None]:
    """All connections are broken, and no new one is taken."""
    sockets = Path(str(conninfo_to_dict(dsn)["host"]))
    moved = sockets.with_name("moved")
    with psycopg.connect(dsn, autocommit=True) as connection:
        sockets.rename(moved)
        try:
            wait_for(lambda: not connection.execute(DISCONNECT_OTHERS).fetchall())
            yield
        finally:
            moved.rename(sockets)


@contextmanager
def stopped(folder: Path) -> Iterator[None]:
    """The server on the data in `folder` takes connections and bytes, and answers nothing."""
    processes = _processes(folder)
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            process.resume()


def kill(folder: Path, dsn: str) -> None:
    """Kill the server on the data in `folder`, and wait until it has been started again."""
    for process in _processes(folder):
        process.kill()
    wait_for(lambda: not _answers(dsn))
    wait_for(lambda: _answers(dsn))


def _processes(folder: Path) -> list[psutil.Process]:
    server = server_process(folder)
    return [server, *server.children(recursive=True)]


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True
