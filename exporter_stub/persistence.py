"""Workers that persist runs, each over a connection of its own.

A worker without a connection takes no work. One whose connection breaks puts its work back,
connects again, and goes on. The worker that takes the work next writes it again under the same key,
so that it is counted once. While no worker has a connection, waiting work fails with the reason of
the last attempt to connect. (psycopg's pool is not used, since it waits longer and longer between
attempts: 17 s after an outage of 40 s.)
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from exporter_stub.backlog import TRIES, Backlog, Work
from exporter_stub.database import TIMEOUT, Connection, is_stored, one_line, save
from exporter_stub.failure_log import FailureLog
from exporter_stub.faults import WELL, Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import Usage, WorkflowRun

LOG = logging.getLogger(__name__)

# Connections. On two cores, eight wrote twice as much as one, as commits share a flush to disk.
WORKERS = 8
PING = 1.0  # seconds without work after which a worker asks whether its connection still answers
# Seconds between attempts to connect, which the workers make in turn. The end of an outage is
# noticed that soon even if an attempt hangs until its time-out (3 s, less than a round of turns).
SLOT = 0.5
# Seconds between checks for runs that waited too long, and of a span of the failure log.
LOOK, SPAN = 0.25, 10.0
DRAIN = 1.5  # seconds for writes to finish at the end


class Persistence:
    """Persists runs in the database that is given to `on`."""

    def __init__(self, metrics: UsageMetrics, faults: Faults) -> None:
        """Count in `metrics`; nothing connects yet."""
        self._metrics = metrics
        self._faults = faults
        self._failures = FailureLog()
        self._backlog = Backlog()
        self._in_hand: dict[int, Work] = {}
        self._change = threading.Condition()  # guards the four below
        self._connected = 0
        self._made = 0  # connections so far
        self._lost = False
        self._reason: Exception = psycopg.OperationalError("nothing is connected yet")

    @property
    def ready(self) -> bool:
        """Whether any worker has a working connection, by its last use."""
        return self._connected > 0

    def submit(self, run: WorkflowRun) -> None:
        """Persist `run` when a worker is free. Returns at once."""
        work = Work(run, [*run.usages])
        if not self._backlog.put(work):
            self._fail(psycopg.OperationalError("too many runs wait for a connection"), work)

    @contextmanager
    def on(self, dsn: str, drain: float = DRAIN) -> Iterator[None]:
        """Write to the database of `dsn`; at the end finish within `drain` seconds.

        Work that is left then counts as failed.
        """
        # Daemons, so that a database that never answers does not keep the process alive.
        threads = [
            threading.Thread(target=self._work, args=(dsn, turn), daemon=True)
            for turn in range(WORKERS)
        ]
        threads.append(threading.Thread(target=self._watch, daemon=True))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._backlog.close()
            with self._change:
                self._change.notify_all()
            deadline = time.monotonic() + drain
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))
            self._give_up()

    def _give_up(self) -> None:
        """Count waiting work as failed, and log the work of which the outcome is unknown."""
        stopped = psycopg.OperationalError("the exporter was stopped")
        left = self._backlog.drop(float("inf"))
        self._fail(stopped if self.ready else self._reason, *left)
        for work in (*self._backlog.waiting, *self._in_hand.values()):
            for usage in work.left:
                LOG.error("Stopped before the outcome was known: exec_id=%s", usage.exec_id)
        self._failures.end_span()

    def _work(self, dsn: str, turn: int) -> None:
        """Connect and serve, again whenever the connection breaks, until all is over."""
        while not self._backlog.over:
            began = time.perf_counter()
            try:
                connection = Connection.open(dsn)
            except psycopg.Error as error:
                if self._is_lost(error):
                    # Newer work waits for the next attempt, so a short outage fails nothing.
                    self._fail(error, *self._backlog.drop(min(began, time.perf_counter() - SLOT)))
                self._wait_for_turn(turn)
                continue
            with connection:
                try:
                    self._serve(turn, connection)
                except psycopg.Error as error:
                    self._is_lost(error)
            if not connection.answered:  # a useless connection counts as a failed attempt
                self._wait_for_turn(turn)

    def _serve(self, turn: int, connection: Connection) -> None:
        """Persist work as it comes. Raises psycopg.Error if the connection breaks."""
        with self._change:
            self._connected += 1
            self._made += 1
            self._change.notify_all()
            if self._lost:
                LOG.info("Database back")
            self._lost = False
        try:
            while work := self._next(connection):
                self._in_hand[turn] = work
                while work.left:
                    self._flush(connection, work)
        finally:
            if (work := self._in_hand.pop(turn, None)) and work.left:
                self._backlog.put_back(work)
            with self._change:
                self._connected -= 1

    def _next(self, connection: Connection) -> Work | None:
        """The next work; None when no work waits and no more comes."""
        while True:
            work = self._backlog.take(PING)
            try:
                connection.check()
                if work or self._backlog.over:
                    return work
                connection.execute("SELECT 1")
            except psycopg.Error:
                if work:
                    self._backlog.put_back(work)
                raise

    def _flush(self, connection: Connection, work: Work) -> None:
        """Persist the next usage of `work`, and count the result."""
        usage = work.left[0]
        error = self._attempt(connection, work, usage)
        if error is not None and connection.closed:
            work.break_off()
            raise error
        now = time.perf_counter()
        if error is None:
            self._metrics.record_success(usage, now - work.since)
        else:
            self._failed(usage, now - work.since, error)
        work.left.pop(0)
        work.broken, work.since = 0, now

    def _attempt(self, connection: Connection, work: Work, usage: Usage) -> psycopg.Error | None:
        """Write `usage`. Return None if it is in the database, else the error."""
        try:
            self._write(connection, work, usage)
        except psycopg.Error as error:
            try:
                # An earlier try may have written the row although its connection broke.
                in_doubt = work.broken and not connection.closed
                return None if in_doubt and is_stored(connection, usage) else error
            except psycopg.Error as other:
                return other
        return None

    def _write(self, connection: Connection, work: Work, usage: Usage) -> None:
        if work.broken >= TRIES:
            raise psycopg.OperationalError(f"{work.broken} connections broke under this write")
        hit = WELL if work.broken else self._faults.on_write(usage)
        if hit.muted:
            raise psycopg.OperationalError("connection failed: muted, a fault that is rehearsed")
        if hit.delay:
            connection.execute("SELECT pg_sleep(%s)", (hit.delay,))
        run = None if work.begun else work.run
        save(connection, usage.orphaned() if hit.orphaned else usage, run)
        work.begun = True

    def _is_lost(self, error: psycopg.Error) -> bool:
        """Note why a worker has no connection; return whether no worker has one."""
        with self._change:
            self._reason = error
            if not self._connected and not self._lost:
                LOG.warning("Database lost: %s", one_line(error))
                self._lost = True
            return not self._connected

    def _wait_for_turn(self, turn: int) -> None:
        """Wait until it is this worker's turn to connect, or another has succeeded."""
        pause = (turn * SLOT - time.monotonic()) % (WORKERS * SLOT)
        with self._change:
            made = self._made
            self._change.wait_for(lambda: self._made != made or self._backlog.over, pause)

    def _watch(self) -> None:
        """Count work that waits too long as failed, and end the spans of the failure log."""
        busy = psycopg.OperationalError(f"no connection was free within {TIMEOUT} s")
        told = time.monotonic()
        while not self._backlog.closed:
            time.sleep(LOOK)
            late = self._backlog.drop(time.perf_counter() - TIMEOUT)
            self._fail(busy if self.ready else self._reason, *late)
            self._faults.active()  # logs those that have ended
            if time.monotonic() > told + SPAN:
                self._failures.end_span()
                told = time.monotonic()

    def _fail(self, error: Exception, *works: Work) -> None:
        """Count all that is left of `works` as failed."""
        for work in works:
            for usage in work.left:
                self._failed(usage, time.perf_counter() - work.since, error)
            work.left = []

    def _failed(self, usage: Usage, seconds: float, error: Exception) -> None:
        self._metrics.record_failure(usage, seconds)
        self._failures.add(usage, error)
