"""Workers that persist runs, each over a connection of its own.

A worker without a connection takes no run. One whose connection breaks leaves its run to the worker
that takes it next, which does the write again under the same key, so that it is counted once; it
connects again, and goes on. While no worker has a connection, waiting work fails with the reason of
the last attempt to connect. (psycopg's pool is not used, since it waits longer and longer between
attempts: 17 s after an outage of 40 s.)
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from exporter_stub.backlog import Backlog, Work
from exporter_stub.database import CLIENT_TIMEOUT, TIMEOUT, Connection, is_stored, one_line, save
from exporter_stub.failure_log import FailureLog
from exporter_stub.faults import WELL, Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import Usage, WorkflowRun

LOG = logging.getLogger(__name__)

# Connections. On two cores, eight wrote twice as much as one, as commits share a flush to disk.
WORKERS = 8
TRIES = 4  # broken connections after which the write counts as the cause
REST = 0.25  # seconds before the next try, so that one moment in which all break counts once
PING = 0.5  # seconds without work after which a worker asks whether its connection still answers
# Seconds between attempts to connect, which the workers make in turn. The end of an outage is
# noticed that soon even if an attempt hangs until its time-out (3 s, less than a round of turns).
SLOT = 0.5
# Seconds between checks for writes that waited too long, and of a span of the failure log.
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
        self._change = threading.Condition()  # guards the three below
        self._connected = 0
        self._lost = False
        self._reason: Exception = psycopg.OperationalError("nothing is connected yet")

    @property
    def ready(self) -> bool:
        """Whether any worker has a working connection, by its last use."""
        return self._connected > 0

    def submit(self, run: WorkflowRun) -> None:
        """Persist `run` when a worker is free. Returns at once."""
        work = Work(run, run.usages)
        if not self._backlog.put(work):
            self._fail(work, psycopg.OperationalError("too many runs wait for a connection"))

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
            stopped = psycopg.OperationalError("the exporter was stopped")
            for work in self._backlog.close(drain):
                unknown = work.usages[:1] if work.in_doubt else ()
                for usage in unknown:
                    LOG.error("Stopped before the outcome was known: exec_id=%s", usage.exec_id)
                undone = replace(work, usages=work.usages[len(unknown) :])
                self._fail(undone, stopped if self.ready else self._reason)
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
                    for late in self._backlog.drop(min(began, time.perf_counter() - SLOT)):
                        self._fail(late, error)
                self._wait_for_turn(turn)
                continue
            with connection:
                try:
                    self._serve(connection)
                except psycopg.Error as error:
                    self._is_lost(error)

    def _wait_for_turn(self, turn: int) -> None:
        """Wait until it is this worker's turn to connect, or another has succeeded."""
        pause = (turn * SLOT - time.monotonic()) % (WORKERS * SLOT)
        with self._change:
            before = self._connected
            self._change.wait_for(lambda: self._connected > before, pause)

    def _serve(self, connection: Connection) -> None:
        """Do the writes that come, until all is over. Raises psycopg.Error if it breaks."""
        with self._change:
            self._connected += 1
            self._change.notify_all()
            if self._lost:
                LOG.info("Database back")
            self._lost = False
        try:
            while not self._backlog.over:
                self._serve_next(connection)
        finally:
            with self._change:
                self._connected -= 1

    def _serve_next(self, connection: Connection) -> None:
        work = self._backlog.take(PING)
        if work is None:
            connection.execute("SELECT 1")
            return
        try:
            connection.check()
            self._persist(connection, work)
        except psycopg.Error:
            self._backlog.put_back(work)
            raise

    def _persist(self, connection: Connection, work: Work) -> None:
        """Do `work` and count its outcomes. Raises psycopg.Error if the connection breaks."""
        more = True
        while more:
            usage = work.usages[0]
            try:
                self._attempt(connection, work, usage)
            except psycopg.Error as error:
                if connection.closed:
                    work.broken += 1
                    # Before it is given up, the server may still be writing it.
                    rest = REST if work.broken < TRIES else CLIENT_TIMEOUT
                    work.after = time.perf_counter() + rest
                    raise
                self._failed(usage, work.since, error)
            else:
                work.states = False
                self._metrics.record_success(usage, time.perf_counter() - work.since)
            more = self._backlog.settle(work)

    def _attempt(self, connection: Connection, work: Work, usage: Usage) -> None:
        """Return once `usage` is in the database. Raises psycopg.Error if it is not."""
        try:
            if work.broken >= TRIES:
                told = f"{work.broken} connections broke under this write"
                raise psycopg.OperationalError(told)
            hit = WELL if work.broken else self._faults.on_write(usage)
            if hit.muted:
                told = "connection failed: muted, a fault that is rehearsed"
                raise psycopg.OperationalError(told)
            if hit.delay:
                connection.execute("SELECT pg_sleep(%s)", (hit.delay,))
            run = work.run if work.states else None
            save(connection, usage.orphaned() if hit.orphaned else usage, run)
        except psycopg.Error:
            # An earlier try may have written the row although its connection broke.
            if not work.broken or connection.closed or not is_stored(connection, usage):
                raise

    def _is_lost(self, error: psycopg.Error) -> bool:
        """Note why a worker has no connection; return whether no worker has one."""
        with self._change:
            self._reason = error
            if not self._connected and not self._lost:
                LOG.warning("Database lost: %s", one_line(error))
                self._lost = True
            return not self._connected

    def _watch(self) -> None:
        """Count what waits too long as failed, and end the spans of the failure log."""
        busy = psycopg.OperationalError(f"no connection was free within {TIMEOUT} s")
        told = time.monotonic()
        while not self._backlog.over:
            time.sleep(LOOK)
            for late in self._backlog.drop(time.perf_counter() - TIMEOUT):
                self._fail(late, busy if self.ready else self._reason)
            self._faults.active()  # logs those that have ended
            if time.monotonic() > told + SPAN:
                self._failures.end_span()
                told = time.monotonic()

    def _fail(self, work: Work, error: Exception) -> None:
        """Count and log all writes of `work` as failed."""
        for usage in work.usages:
            self._failed(usage, work.since, error)

    def _failed(self, usage: Usage, since: float, error: Exception) -> None:
        self._metrics.record_failure(usage, time.perf_counter() - since)
        self._failures.add(usage, error)
