"""Workers that persist runs, each over a connection of its own.

A worker without a connection takes no run. One whose connection breaks leaves its run to the worker
that takes it next, which does the write again under the same key, so that it is counted once. While
no worker has a connection, waiting runs fail with the reason of the last attempt to connect.
(psycopg's pool waits longer and longer between attempts: 17 s after an outage of 40 s.)
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
CAPACITY = 1000  # runs that may wait; one that comes then fails at once
TRIES = 4  # broken connections after which the write counts as the cause
REST = 0.25  # seconds before the next try, so that one moment in which all break counts once
PING = 0.5  # seconds without work after which a worker asks whether its connection answers
# Seconds between attempts to connect, which the workers make in turn. The end of an outage is
# noticed that soon even if an attempt hangs until its time-out (3 s, less than a round of turns).
SLOT = 0.5
LOOK = 0.25  # seconds between checks for writes that waited too long
DRAIN = 1.5  # seconds for writes to finish at the end


@dataclass(eq=False)
class Work:
    """The writes of a run that are to be done, one after another.

    Once a worker has taken it, or a connection broke, the first write is in doubt: it may be in the
    database, or be counted soon.
    """

    writes: list[tuple[Usage, Hit]]  # a retry has the same Hit
    since: float = field(default_factory=time.perf_counter)  # when the first write could begin
    after: float = 0.0  # no worker takes it before
    taken: bool = False  # by a worker
    broken: int = 0  # connections that broke under the first write


class Persistence:
    """Persists runs in the database that is given to `on`."""

    def __init__(self, metrics: UsageMetrics, faults: Faults) -> None:
        """Count in `metrics`; nothing connects yet."""
        self._metrics = metrics
        self._faults = faults
        self._failures = FailureLog()
        self._change = threading.Condition()  # guards what follows
        self._works: list[Work] = []  # until the outcome of all their writes is known
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
        """Persist `run` when a worker is free. Returns at once."""
        work = Work([(usage, self._faults.on_write(usage)) for usage in run])
        with self._change:
            if len(self._works) < CAPACITY:
                self._works.append(work)
                self._change.notify_all()
            else:
                full = psycopg.OperationalError("too many runs wait for a connection")
                self._fail(work.writes, work.since, full)

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
                self._change.wait_for(lambda: not self._works, drain)
                self._over = True
                self._change.notify_all()
                stopped = psycopg.OperationalError("the exporter was stopped")
                for work in self._works:
                    unknown = 1 if work.taken or work.broken else 0
                    for usage, _ in work.writes[:unknown]:
                        LOG.error("Stopped before the outcome was known: exec_id=%s", usage.exec_id)
                    reason = stopped if self.ready else self._refused[1]
                    self._fail(work.writes[unknown:], work.since, reason)
                self._works = []
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
        """Do the next work, if any comes within PING. Raises psycopg.Error if it breaks."""

        def waiting() -> Iterator[Work]:
            now = time.perf_counter()
            return (one for one in self._works if not one.taken and one.after <= now)

        with self._change:
            self._change.wait_for(lambda: self._over or any(waiting()), PING)
            if work := None if self._over else next(waiting(), None):
                work.taken = True
        try:
            connection.execute("SELECT 1")  # so that one which ended while idle costs no write
            while work and self._write(connection, work):
                pass
        finally:
            with self._change:
                if work:
                    work.taken = False
                    self._works = [one for one in self._works if one.writes]
                    self._change.notify_all()

    def _write(self, connection: Connection, work: Work) -> bool:
        """Do the first write of `work`, count its outcome, and return whether to do the next.

        Raises psycopg.Error if the connection breaks.
        """
        usage, _ = work.writes[0]
        try:
            self._attempt(connection, work)
        except psycopg.Error as error:
            if connection.closed:
                work.broken += 1
                # Before it is given up, the server may still be writing it.
                work.after = time.perf_counter() + (REST if work.broken < TRIES else CLIENT_TIMEOUT)
                raise
            self._fail(work.writes[:1], work.since, error)
        else:
            self._metrics.record_success(usage, time.perf_counter() - work.since)
        with self._change:
            work.writes, work.since, work.broken = work.writes[1:], time.perf_counter(), 0
            return bool(work.writes) and not self._over

    def _attempt(self, connection: Connection, work: Work) -> None:
        """Return once the first usage is in the database. Raises psycopg.Error if it is not."""
        usage, hit = work.writes[0]
        try:
            if work.broken >= TRIES:
                raise psycopg.OperationalError(f"{work.broken} connections broke under this write")
            if hit.muted:
                raise psycopg.OperationalError("connection failed: muted, a rehearsed fault")
            if hit.delay:
                connection.execute("SELECT pg_sleep(%s)", (hit.delay,))
            save(connection, usage, orphaned=hit.orphaned)
        except psycopg.Error:
            # An earlier try may have written the row although its connection broke.
            if not work.broken or connection.closed or not is_stored(connection, usage):
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
                for work in [one for one in self._works if not (one.taken or one.broken)]:
                    if work.since < before:
                        self._works.remove(work)
                        self._fail(work.writes, work.since, reason)
                self._change.notify_all()
            self._faults.active()  # logs those that have ended
            self._failures.end_span(at_least=SPAN)

    def _fail(self, writes: list[tuple[Usage, Hit]], since: float, error: Exception) -> None:
        """Count and log `writes` as failed."""
        for usage, _ in writes:
            self._metrics.record_failure(usage, time.perf_counter() - since)
            self._failures.add(usage, error)
