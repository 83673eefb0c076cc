"""Workers that persist runs, each over a connection of its own, and a probe of the database.

psycopg's own pool waits longer and longer between attempts after an outage (17 s after one of 40 s,
measured); here each worker connects when it has work, and a probe every half second tells them when
that makes sense again.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

import psycopg

from exporter_stub.availability import Availability
from exporter_stub.collector import Collector, Submission
from exporter_stub.deadline import Deadlines
from exporter_stub.executions import WorkflowRun
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.store import ConnectionLostError, UnattemptedError, UsageStore

LOG = logging.getLogger(__name__)

WORKERS = 8
"""Connections. Eight wrote twice as much as one on two cores, with commits that share a flush."""

QUEUE = 1000
"""Runs that may wait for a worker. What comes beyond fails at once."""

BATCH = 15
"""Runs that a worker takes together with one, where more wait than there are workers."""

PROBE = 0.5
"""Seconds between two probes, and so until an outage's end is noticed."""

DRAIN = 1.5
"""Seconds that writes get to finish at the end."""

_LAST_WORDS = 0.3
"""Seconds to end in, after writes were broken off."""

_IDLE = 0.1
"""Seconds after which a worker without work looks whether it is to end."""


class Persistence:
    """Takes runs while its `with` block lasts, and finishes what it has at its end."""

    def __init__(
        self,
        dsn: str,
        metrics: UsageMetrics,
        faults: Faults,
        availability: Availability,
        *,
        workers: int = WORKERS,
        drain: float = DRAIN,
    ) -> None:
        """Nothing is connected yet; `availability` will tell whether the database answers."""
        self._drain = drain
        self._availability = availability
        self._faults = faults
        self._queue: queue.Queue[Submission] = queue.Queue(QUEUE)
        self._closing = threading.Event()  # no run comes any more
        self._written = threading.Event()  # and no worker writes any more
        self._deadlines = Deadlines()
        stores = [UsageStore(dsn, self._deadlines) for _ in range(workers + 1)]
        collectors = [Collector(store, metrics, faults, self._availability) for store in stores]
        self._refusing = collectors[0]
        self._probe = _thread("probe", self._watch, stores[0], collectors[0])
        self._workers = [
            _thread(f"worker-{number}", self._work, store, collector)
            for number, (store, collector) in enumerate(
                zip(stores[1:], collectors[1:], strict=True)
            )
        ]

    def __enter__(self) -> Self:
        """Start the workers and the probe."""
        self._deadlines.__enter__()
        for thread in (*self._workers, self._probe):
            thread.start()
        return self

    def submit(self, run: WorkflowRun) -> None:
        """Persist `run` when a worker is free. Returns at once."""
        try:
            self._queue.put_nowait((time.perf_counter(), run))
        except queue.Full:
            error = UnattemptedError(f"{QUEUE} runs wait for a connection already")
            for usage in run.usages:
                self._refusing.failed(usage, 0.0, error)

    def __exit__(self, *_: object) -> None:
        """Let the workers finish, for a few seconds; what is left then has failed."""
        self._closing.set()
        if _running(self._workers, self._drain):
            self._availability.lose("the exporter was stopped")
            self._deadlines.expire()
            _running(self._workers, _LAST_WORDS)
        self._written.set()
        _running([self._probe], _LAST_WORDS)
        while unsettled := self._availability.next_unsettled():
            exec_id = unsettled[0].exec_id
            LOG.error("Stopped before the outcome was known: exec_id=%s", exec_id)
        self._deadlines.__exit__()

    def _work(self, store: UsageStore, collector: Collector) -> None:
        with store:
            while True:
                try:
                    first = self._queue.get(timeout=_IDLE)
                except queue.Empty:
                    if self._closing.is_set():
                        return
                else:
                    collector.handle(first, *self._waiting())

    def _waiting(self) -> list[Submission]:
        """This worker's part of what else waits, to begin together: one commit for all."""
        found: list[Submission] = []
        with suppress(queue.Empty):
            while len(found) < min(BATCH, self._queue.qsize() // len(self._workers)):
                found.append(self._queue.get_nowait())
        return found

    def _watch(self, store: UsageStore, collector: Collector) -> None:
        with store:
            while True:
                last = self._written.is_set()  # once more after the workers, to settle the rest
                try:
                    store.ping()
                    collector.settle()
                except (psycopg.Error, ConnectionLostError) as error:
                    if not store.connected:
                        self._availability.lose(str(error))
                    LOG.debug("Not settled: %s", error)
                else:
                    self._availability.answered()
                self._faults.active()  # says which have ended
                if last:
                    return
                self._written.wait(PROBE)


def _thread(name: str, target: Callable[..., None], *arguments: object) -> threading.Thread:
    # A daemon: what waits for a database that never answers must not keep the process.
    return threading.Thread(target=target, args=arguments, name=name, daemon=True)


def _running(threads: Sequence[threading.Thread], seconds: float) -> bool:
    """Whether any of `threads` still runs after `seconds`."""
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return any(thread.is_alive() for thread in threads)
