"""The usage collector: persists what executions used, and counts how that went."""

import logging
import threading
import time
from collections.abc import Callable

import psycopg

from exporter_stub.database import UsageStore
from exporter_stub.executions import Usage, WorkflowRun
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import Traffic

LOG = logging.getLogger(__name__)
MAX_LAG = 5.0
"""Seconds of arrivals that may wait while the database is slow; older ones are not made up for."""


class Collector:
    """Flushes the usage of runs into a store and counts each flush."""

    def __init__(self, store: UsageStore, metrics: UsageMetrics) -> None:
        """Write to `store` and count in `metrics`."""
        self._store = store
        self._metrics = metrics

    def handle(self, run: WorkflowRun) -> None:
        """Write the states of `run`, then flush the usage of each of its executions."""
        try:
            self._store.begin(run)
        except psycopg.Error as error:
            # Not a flush: the flushes below fail for the same reason, and are counted.
            LOG.debug("Failed to write the state of %s: %s", run.workflow_exec_id, error)
        for usage in run.usages:
            self.flush(usage)

    def flush(self, usage: Usage) -> None:
        """Persist `usage`; count a failure only where the database did not take it."""
        started = time.perf_counter()
        try:
            self._store.save(usage)
        except psycopg.Error as error:
            self._metrics.record_failure(usage, time.perf_counter() - started)
            LOG.error(
                "Failed to persist usage: exec_id=%s component=%s provider=%s model=%s error=%s",
                usage.exec_id,
                usage.component,
                usage.provider,
                usage.model,
                " ".join(str(error).split()),
            )
        else:
            self._metrics.record_success(usage, time.perf_counter() - started)


def emit(
    traffic: Traffic,
    handle: Callable[[WorkflowRun], None],
    stop: threading.Event,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Hand the runs of `traffic` to `handle` as they come, until `stop` is set."""
    due = clock()
    while True:
        due = max(due + traffic.pause(), clock() - MAX_LAG)
        if stop.wait(max(0.0, due - clock())):
            return
        handle(traffic.next_run())
