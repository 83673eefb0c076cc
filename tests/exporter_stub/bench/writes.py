"""Rows persisted a second: ours, and a bare psycopg loop of the same upsert."""

import threading
import time
from collections.abc import Sequence

import psycopg

from contract.metrics import USAGE_EVENTS
from exporter_stub.availability import Availability
from exporter_stub.catalogue import load_catalogue
from exporter_stub.clock import RealClock
from exporter_stub.deadline import Deadlines
from exporter_stub.executions import Usage, WorkflowRun
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import QUEUE, WORKERS, Persistence
from exporter_stub.store import UPSERT_USAGE, UsageStore, row
from exporter_stub.traffic import Traffic

RUNS = QUEUE
"""Runs of one round: as many as may wait, so that none is refused."""


def runs() -> list[WorkflowRun]:
    """Fresh runs of one round."""
    traffic = Traffic(load_catalogue(), 1, time.time(), seed=1)
    return [traffic.next_run() for _ in range(RUNS)]


def ours(dsn: str) -> float:
    """Rows a second through the exporter's queue and workers, their states written on the way."""
    metrics = UsageMetrics(RealClock(threading.Event()))
    faults = Faults(RealClock(threading.Event()), metrics.reset)
    todo = runs()
    rows = sum(len(run.usages) for run in todo)
    began = time.perf_counter()
    with Persistence(dsn, metrics, faults, Availability(), drain=60) as persistence:
        for run in todo:
            persistence.submit(run)
        while _events(metrics) < rows:
            time.sleep(0.002)
        return rows / (time.perf_counter() - began)


def bare(dsn: str) -> float:
    """Rows a second from as many threads, each with a connection and nothing but the upsert.

    The states that the rows refer to are there before the time begins.
    """
    todo = runs()
    with Deadlines() as deadlines, UsageStore(dsn, deadlines) as store:
        for run in todo:
            store.begin(run)
    usages = [usage for run in todo for usage in run.usages]
    shares = [usages[start::WORKERS] for start in range(WORKERS)]
    threads = [threading.Thread(target=_upsert, args=(dsn, share)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(usages) / (time.perf_counter() - began)


def _upsert(dsn: str, usages: Sequence[Usage]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for usage in usages:
            connection.execute(UPSERT_USAGE, row(usage))


def _events(metrics: UsageMetrics) -> float:
    return sum(sum(t.values) for t in metrics.tables() if t.name == USAGE_EVENTS.name)
