"""Workers that persist usage, each over a connection of its own.

A worker without a connection takes no write. One whose connection breaks leaves its write to the
worker that takes it next, which does it again under the same key, so that it is counted once. While
no worker has a connection, waiting writes fail with the reason of the last attempt to connect.
(psycopg's pool waits longer and longer between attempts: 17 s after an outage of 40 s.)
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg

from contract.metrics import Outcome
from exporter_stub.database import CLIENT_TIMEOUT, TIMEOUT, Connection, is_stored, one_line, save
from exporter_stub.failure_log import SPAN, FailureLog
from exporter_stub.faults import Faults, Hit
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import Usage, WorkflowRun

LOG = logging.getLogger(__name__)

# Connections. On two cores, eight wrote twice as much as one, as commits share a flush to disk.
WORKERS = 8
CAPACITY = 6000  # writes that may wait; what comes then fails at once
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
    """A usage that is to be written, with what the faults do to it, once and for all tries."""

    usage: Usage
    hit: Hit
    since: float = field(default_factory=time.perf_counter)
    broken: int = 0  # connections that broke under it


class Persistence:
    """Persists runs in the database that is given to `on`."""

    def __init__(self, metrics: UsageMetrics, faults: Faults) -> None:
        """Count in `metrics`; nothing connects yet."""
        self._metrics = metrics
        self._faults = faults
        self._failures = FailureLog()
        self._lock = threading.Lock()  # guards what follows
        self._work = threading.Condition(self._lock)  # there is a write to take
        self._change = threading.Condition(self._lock)  # a worker has connected, or all is done
        self._waiting: deque[Write] = deque()
        # What may be in the database, or be counted soon: each write that a worker has taken, or
        # whose connection broke, and when it may be taken again.
        self._doubt: dict[Write, float] = {}
        self._over = False  # nothing is taken any more
        self.connected = 0  # workers with a connection that works, by its last use
        # While no worker has a connection: what waits since before a time fails for a reason.
        self._refused: tuple[float, psycopg.Error] | None = None

    def submit(self, run: WorkflowRun) -> None:
        """Persist `run` when workers are free. Returns at once."""
        writes = [Write(usage, self._faults.on_write(usage)) for usage in run]
        with self._lock:
            self._waiting += writes
            while len(self._waiting) > CAPACITY:
                full = psycopg.OperationalError("too many writes wait for a connection")
                self._fail(self._waiting.pop(), full)
            self._work.notify(len(writes))

    @contextmanager
    def on(self, dsn: str, drain: float = DRAIN) -> Iterator[None]:
        """Write to the database of `dsn`; at the end finish within `drain` seconds.

        What waits then counts as failed, and what has an unknown outcome is logged.
        """
        # Daemons, so that a database that never answers does not keep the process alive.
        for turn in range(WORKERS):
            threading.Thread(target=self._serve, args=(dsn, turn), daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._change.wait_for(lambda: not (self._waiting or self._doubt), drain)
                self._over = True
                for write in self._doubt:
                    exec_id = write.usage.exec_id
                    LOG.error("Stopped before the outcome was known: exec_id=%s", exec_id)
                stopped = psycopg.OperationalError("the exporter was stopped")
                self._fail_before(math.inf, self._refused[1] if self._refused else stopped)
                self._failures.end_span()
                self._work.notify_all()
                self._change.notify_all()

    def _serve(self, dsn: str, turn: int) -> None:
        """Connect and do what comes, again whenever the connection breaks, until all is over."""
        while not self._over:
            try:
                connection = Connection.connect(dsn, autocommit=True)
            except psycopg.Error as error:
                self._refuse(error, turn)
            else:
                with suppress(psycopg.Error), connection, self._connection():
                    while not self._over:
                        self._do_next(connection)

    def _refuse(self, error: psycopg.Error, turn: int) -> None:
        """Wait, after an attempt to connect, until it is this worker's turn or another connects."""
        pause = (turn * SLOT - time.monotonic()) % (WORKERS * SLOT)
        with self._lock:
            before = self.connected
            if not before:
                if not self._refused:
                    LOG.warning("Database lost: %s", one_line(error))
                # Newer work waits for the next attempt, so a short outage fails nothing.
                self._refused = time.perf_counter() - SLOT, error
            self._change.wait_for(lambda: self._over or self.connected > before, pause)

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """A worker has a connection, while the block lasts."""
        with self._lock:
            self.connected += 1
            self._change.notify_all()
            if self._refused:
                LOG.info("Database back")
            self._refused = None
        try:
            yield
        finally:
            with self._lock:
                self.connected -= 1

    def _do_next(self, connection: Connection) -> None:
        """Do the next write, or wait for one to come. Raises psycopg.Error if it breaks."""
        with self._lock:
            now = time.perf_counter()
            due = next((one for one, after in self._doubt.items() if after <= now), None)
            write = due or (self._waiting.popleft() if self._waiting else None)
            if write:
                self._doubt[write] = math.inf
            elif not self._over:
                self._work.wait(PING)
        if write:
            self._do(write, connection)
        else:
            connection.execute("SELECT 1")  # it may have ended meanwhile

    def _do(self, write: Write, connection: Connection) -> None:
        """Do `write`, and count its outcome. Raises psycopg.Error if the connection breaks."""
        try:
            self._attempt(write, connection)
        except psycopg.Error as error:
            if connection.closed:
                write.broken += 1
                # Before it is given up, the server may still be writing it.
                pause = REST if write.broken < TRIES else CLIENT_TIMEOUT
                with self._lock:
                    self._doubt[write] = time.perf_counter() + pause
                raise
            with self._lock:
                self._fail(write, error)
        else:
            self._metrics.record(write.usage, Outcome.SUCCESS, time.perf_counter() - write.since)
        with self._lock:
            del self._doubt[write]
            if not (self._waiting or self._doubt):
                self._change.notify_all()

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
            with self._lock:
                before, reason = self._refused or (0.0, busy)
                self._fail_before(max(before, time.perf_counter() - TIMEOUT), reason)
                self._failures.end_span(at_least=SPAN)
                self._work.notify()  # for what may be taken again
            self._faults.active()  # logs those that have ended

    def _fail_before(self, when: float, error: Exception) -> None:
        """Count and log what waits since before `when` as failed."""
        while self._waiting and self._waiting[0].since < when:
            self._fail(self._waiting.popleft(), error)

    def _fail(self, write: Write, error: Exception) -> None:
        """Count and log `write` as failed."""
        self._metrics.record(write.usage, Outcome.FAILURE, time.perf_counter() - write.since)
        self._failures.add(write.usage, error)
