"""The usage collector: persists what executions used, and counts how that went."""

import logging
import time
import uuid
from dataclasses import replace

import psycopg

from exporter_stub.availability import Availability
from exporter_stub.database import TIMEOUT
from exporter_stub.executions import Usage, WorkflowRun
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.store import ConnectionLostError, UnattemptedError, UsageStore

LOG = logging.getLogger(__name__)


Submission = tuple[float, WorkflowRun]
"""When a run came (`time.perf_counter`), and the run."""


class Collector:
    """Flushes the usage of runs over one connection and counts each flush."""

    def __init__(
        self, store: UsageStore, metrics: UsageMetrics, faults: Faults, availability: Availability
    ) -> None:
        """Write to `store`, count in `metrics`; `availability` is shared with other collectors."""
        self._store = store
        self._metrics = metrics
        self._faults = faults
        self._availability = availability

    def handle(self, *submissions: Submission) -> None:
        """Write the states of all runs, then flush the usage of each of their executions."""
        runs = [run for _, run in submissions]
        try:
            self._availability.check()
            self._store.begin(*runs)
        except psycopg.Error as error:
            # No flush by itself; but of what the database has not heard it takes no usage.
            self._availability.report(self._store, error)
            for submitted, run in submissions:
                for usage in run.usages:
                    self.failed(usage, time.perf_counter() - submitted, error)
        else:
            for submitted, run in submissions:
                waited = time.perf_counter() - submitted
                for usage in run.usages:
                    self.flush(usage, waited)

    def flush(self, usage: Usage, waited: float = 0.0) -> None:
        """Persist `usage`, and count how it went; not yet where that is not known.

        `waited` is how many seconds it has waited for a connection: a part of its latency.
        """
        started = time.perf_counter() - waited
        try:
            self._write(usage, waited)
        except ConnectionLostError as error:
            self._availability.report(self._store, error)
            self._availability.settle_later(usage, started)
        except psycopg.Error as error:
            self._availability.report(self._store, error)
            self.failed(usage, time.perf_counter() - started, error)
        else:
            self._metrics.record_success(usage, time.perf_counter() - started)

    def settle(self) -> None:
        """Write again what may have been written, and count it.

        Raises psycopg.Error or ConnectionLostError where that was not possible either.
        """
        while unsettled := self._availability.next_unsettled():
            usage, started = unsettled
            try:
                self._store.save(usage)  # one row an execution: again changes nothing
            except (psycopg.IntegrityError, psycopg.DataError) as error:
                # Such a row cannot be there. Other errors do not tell.
                self.failed(usage, time.perf_counter() - started, error)
            except (psycopg.Error, ConnectionLostError):
                self._availability.settle_later(usage, started)
                raise
            else:
                self._metrics.record_success(usage, time.perf_counter() - started)

    def failed(self, usage: Usage, seconds: float, error: Exception) -> None:
        """Count and log a flush that failed after `seconds`."""
        self._metrics.record_failure(usage, seconds)
        component, provider, model = usage.pair
        LOG.error(
            "Failed to persist usage: exec_id=%s component=%s provider=%s model=%s error=%s",
            usage.exec_id,
            component,
            provider,
            model,
            " ".join(str(error).split()),
        )

    def _write(self, usage: Usage, waited: float) -> None:
        hit = self._faults.on_write(usage)
        if hit.muted:
            raise UnattemptedError("connection failed: muted, a fault that is rehearsed")
        if waited > TIMEOUT:
            raise UnattemptedError(f"no connection was free within {TIMEOUT} s")
        self._availability.check()
        self._store.save(_orphaned(usage) if hit.orphaned else usage, hit.delay)


def _orphaned(usage: Usage) -> Usage:
    """`usage` of an execution that the database does not know."""
    unknown = f"orphan-{uuid.uuid4()}"
    if usage.workflow_exec_id is not None:
        return replace(usage, workflow_exec_id=unknown)
    return replace(usage, task_exec_id=unknown)
