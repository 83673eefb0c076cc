"""Workers that persist usage, each over a connection of its own.

A worker without a connection takes no write. One whose connection breaks leaves its write to the
worker that takes it next, which does it again under the same key, so that it is counted once. While
no worker has a connection, waiting writes fail with the reason of the last attempt to connect.
(psycopg's pool waits longer and longer between attempts: 17 s after an outage of 40 s.)
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg

from exporter_stub.database import CLIENT_TIMEOUT, TIMEOUT, Connection, is_stored, one_line, save
from exporter_stub.failure_log import SPAN, FailureLog
from exporter_stub.faults import Faults, Hit
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import Usage, WorkflowRun

LOG = logging.getLogger(__name__)

# Connections. On two cores, eight wrote twice as much as one, as commits share a flush to disk.
WORKERS = 8
CAPACITY = 6000  # writes that may wait; a run that comes then fails at once
TRIES = 4  # broken connections after which the write counts as the cause
REST = 0.25  # seconds before the next try, so that one moment in which all break counts once
PING = 0.5  # seconds without a write after which a worker asks whether its connection answers
# Seconds between attempts to connect, which the workers make in turn. The end of an outage is
# noticed that soon even if an attempt hangs until its time-out (3 s, less than a round of turns).
SLOT = 0.5
LOOK = 0.25  # seconds between checks for writes that waited too long
DRAIN = 1.5  # seconds for writes to finish at the end


@dataclass(eq=False)
class Write:
    """A usage that is to be written, with what the faults do to it, once and for all tries.

    Once a worker has taken it, or a connection broke under it, it is in doubt: it may be in the
    database, or be counted soon.
    """

    usage: Usage
    hit: Hit
    since: float = field(default_factory=time.perf_counter)
    after: float = 0.0  # no worker takes it before
    taken: bool = False  # by a worker
    broken: int = 0  # connections that broke under it


class Persistence:
    """Persists runs in the database that is given to `on`."""

    def __init__(self, metrics: UsageMetrics, faults: Faults) -> None:
        """Count in `metrics`; nothing connects yet."""
        self._metrics = metrics
        self._faults = faults
        self._failures = FailureLog()
        self._change = threading.Condition()  # guards what follows
        self._writes: list[Write] = []  # until their outcome is known
        self._over = False  # nothing is done any more
        self._connected = 0
        self._lost = False
        # What waits since before the last failed attempt to connect fails with its reason.
        self._refused = 0.0, psycopg.Error("nothing is connected yet")

    @property
    def ready(self) -> bool:
        """Whether any worker has a working connection, by its last use."""
        return self._connected > 0

    def submit(self, run: WorkflowRun) -> None:
        """Persist `run` when workers are free. Returns at once."""
        writes = [Write(usage, self._faults.on_write(usage)) for usage in run]
        with self._change:
            if len(self._writes) < CAPACITY:
                self._writes += writes
                self._change.notify_all()
            else:
                full = psycopg.OperationalError("too many writes wait for a connection")
                for write in writes:
                    self._fail(write, full)

    @contextmanager
    def on(self, dsn: str, drain: float = DRAIN) -> Iterator[None]:
        """Write to the database of `dsn`; at the end finish within `drain` seconds.

        What waits then counts as failed, and what has an unknown outcome is logged.
        """
        # Daemons, so that a database that never answers does not keep the process alive.
        for turn in range(WORKERS):
            threading.Thread(target=self._work, args=(dsn, turn), daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            yield
        finally:
            with self._change:
                self._change.wait_for(lambda: not self._writes, drain)
                self._over = True
                self._change.notify_all()
                stopped = psycopg.OperationalError("the exporter was stopped")
                for write in self._writes:
                    if write.taken or write.broken:
                        exec_id = write.usage.exec_id
                        LOG.error("Stopped before the outcome was known: exec_id=%s", exec_id)
                    else:
                        self._fail(write, stopped if self.ready else self._refused[1])
                self._writes = []
            self._failures.end_span()

    def _work(self, dsn: str, turn: int) -> None:
        """Connect and do what comes, again whenever the connection breaks, until all is over."""
        while not self._over:
            began = time.perf_counter()
            try:
                with Connection.open(dsn) as connection, self._connection():
                    began = 0.0  # if this one breaks, nothing fails before the next attempt
                    while not self._over:
                        self._do_next(connection)
            except psycopg.Error as error:
                with self._change:
                    # Newer work waits for the next attempt, so a short outage fails nothing.
                    self._refused = min(began, time.perf_counter() - SLOT), error
                    if not (self._connected or self._lost or self._over):
                        LOG.warning("Database lost: %s", one_line(error))
                        self._lost = True
                if began:  # one that had a connection tries at once
                    self._wait_for_turn(turn)

    def _wait_for_turn(self, turn: int) -> None:
        """Wait until it is this worker's turn to connect, or another has succeeded."""
        pause = (turn * SLOT - time.monotonic()) % (WORKERS * SLOT)
        with self._change:
            before = self._connected
            self._change.wait_for(lambda: self._over or self._connected > before, pause)

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """A worker has a connection, while the block lasts."""
        with self._change:
            self._connected += 1
            self._change.notify_all()
            if self._lost:
                LOG.info("Database back")
            self._lost = False
        try:
            yield
        finally:
            with self._change:
                self._connected -= 1

    def _do_next(self, connection: Connection) -> None:
        """Do the next write, if any comes within PING. Raises psycopg.Error if it breaks."""

        def waiting() -> Iterator[Write]:
            now = time.perf_counter()
            return (one for one in self._writes if not one.taken and one.after <= now)

        with self._change:
            idle = not any(waiting())
            self._change.wait_for(lambda: self._over or any(waiting()), PING)
            if write := None if self._over else next(waiting(), None):
                write.taken = True
        try:
            if idle:
                connection.execute("SELECT 1")  # it may have ended meanwhile
            if write:
                self._do(write, connection)
        finally:
            with self._change:
                if write:
                    write.taken = False
                    self._change.notify_all()

    def _do(self, write: Write, connection: Connection) -> None:
        """Do `write`, and count its outcome. Raises psycopg.Error if the connection breaks."""
        try:
            self._attempt(write, connection)
        except psycopg.Error as error:
            if connection.closed:
                write.broken += 1
                # Before it is given up, the server may still be writing it.
                pause = REST if write.broken < TRIES else CLIENT_TIMEOUT
                write.after = time.perf_counter() + pause
                raise
            self._fail(write, error)
        else:
            self._metrics.record_success(write.usage, time.perf_counter() - write.since)
        with self._change, suppress(ValueError):  # all may be over
            self._writes.remove(write)

    def _attempt(self, write: Write, connection: Connection) -> None:
        """Return once `write` is in the database. Raises psycopg.Error if it is not."""
        try:
            if write.broken >= TRIES:
                raise psycopg.OperationalError(f"{write.broken} connections broke under this write")
            if write.hit.muted:
                raise psycopg.OperationalError("connection failed: muted, a rehearsed fault")
            if write.hit.delay:
                connection.execute("SELECT pg_sleep(%s)", (write.hit.delay,))
            save(connection, write.usage, orphaned=write.hit.orphaned)
        except psycopg.Error:
            # An earlier try may have written the row although its connection broke.
            if not write.broken or connection.closed or not is_stored(connection, write.usage):
                raise

    def _watch(self) -> None:
        """Count what waits too long as failed, and end the spans of the failure log."""
        busy = psycopg.OperationalError(f"no connection was free within {TIMEOUT} s")
        while not self._over:
            time.sleep(LOOK)
            began, refusal = self._refused
            latest = time.perf_counter() - TIMEOUT
            before, reason = (latest, busy) if self.ready else (max(latest, began), refusal)
            with self._change:
                for write in [one for one in self._writes if not (one.taken or one.broken)]:
                    if write.since < before:
                        self._writes.remove(write)
                        self._fail(write, reason)
                self._change.notify_all()
            self._faults.active()  # logs those that have ended
            self._failures.end_span(at_least=SPAN)

    def _fail(self, write: Write, error: Exception) -> None:
        """Count and log `write` as failed."""
        self._metrics.record_failure(write.usage, time.perf_counter() - write.since)
        self._failures.add(write.usage, error)
