"""A limit on the client's side for what a connection does.

PostgreSQL's own time-outs are the server's: a server that is stopped (SIGSTOP), or whose host is
gone, keeps none of them, and libpq waits for its answer without end. So a thread watches, and shuts
the socket of a connection that is past its time: the wait ends with an OperationalError.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import psycopg

_LOOK = 0.1
"""Seconds between two looks at the connections."""


class Deadlines:
    """Limits for any number of connections, kept by one thread while the `with` block lasts."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._lock = threading.Lock()
        self._due: dict[psycopg.Connection[Any], float] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Watch no more."""
        self._closing.set()
        self._thread.join()

    @contextmanager
    def limit(self, connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
        """Let what `connection` does in the `with` block take `seconds`, then break it."""
        with self._lock:
            self._due[connection] = time.monotonic() + seconds
        try:
            yield
        finally:
            with self._lock:
                self._due.pop(connection, None)

    def expire(self) -> None:
        """Break whatever is being waited for now."""
        with self._lock:
            for connection in self._due:
                _break(connection)

    def _watch(self) -> None:
        while not self._closing.wait(_LOOK):
            now = time.monotonic()
            # Under the lock no connection leaves the list, and no file descriptor gets another
            # meaning between the look and the shut.
            with self._lock:
                for connection, due in self._due.items():
                    if due < now:
                        _break(connection)


def _break(connection: psycopg.Connection[Any]) -> None:
    # A copy of the descriptor: the connection closes its own when it meets the end. That may have
    # come already, by itself or from the other side.
    with (
        suppress(psycopg.Error, OSError),
        socket.socket(fileno=os.dup(connection.fileno())) as shut,
    ):
        shut.shutdown(socket.SHUT_RDWR)
