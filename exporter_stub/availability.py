"""What is known of the database: whether it answers, and which writes it may have taken."""

import logging
import threading
from collections import deque

import psycopg

from exporter_stub.executions import Usage
from exporter_stub.store import ConnectionLostError, UnattemptedError, UsageStore

LOG = logging.getLogger(__name__)

Unsettled = tuple[Usage, float]
"""A usage, and when its flush began (`time.perf_counter`)."""


class Availability:
    """Shared by all collectors, so that one finds out for all.

    Once a connection is lost no other is tried until a probe has had an answer: a server that is
    stopped costs each attempt its whole time-out, and a queue would never end.
    """

    def __init__(self) -> None:
        """The database is taken to answer until something else is known; no probe has, though."""
        self.ready = False
        """Whether the last probe had an answer."""
        self._lock = threading.Lock()
        self._lost = ""
        self._unsettled: deque[Unsettled] = deque()

    def check(self) -> None:
        """Raise UnattemptedError, with the reason, while the database is lost."""
        if self._lost:
            raise UnattemptedError(self._lost)

    def report(self, store: UsageStore, error: psycopg.Error | ConnectionLostError) -> None:
        """Take note that a write over `store` failed; it tells whether the connection is gone."""
        if not store.connected and not isinstance(error, UnattemptedError):
            self.lose(str(error))

    def lose(self, reason: str) -> None:
        """Take the database for lost until `answered`."""
        with self._lock:
            news = not self._lost
            self._lost = self._lost or reason or "the connection was lost"
            self.ready = False
        if news:
            LOG.warning("Database lost: %s", " ".join(reason.split()))

    def answered(self) -> None:
        """A probe had an answer."""
        with self._lock:
            news = bool(self._lost)
            self._lost = ""
            self.ready = True
        if news:
            LOG.info("Database back")

    def settle_later(self, usage: Usage, started: float) -> None:
        """Remember a write whose outcome is unknown; there is one a connection at most."""
        self._unsettled.append((usage, started))

    def next_unsettled(self) -> Unsettled | None:
        """The oldest of them, which is forgotten here."""
        try:
            return self._unsettled.popleft()
        except IndexError:
            return None
