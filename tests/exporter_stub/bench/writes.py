"""Rows persisted a second: ours, and a bare psycopg loop of the same upsert."""

import threading
import time
from collections.abc import Callable, Sequence

import psycopg

from exporter_stub.backlog import CAPACITY
from exporter_stub.catalogue import load_catalogue
from exporter_stub.database import Connection, begin, save
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import WORKERS, Persistence
from exporter_stub.traffic import EXECUTIONS_A_RUN, Traffic, Usage, WorkflowRun
from tests.exporter_stub.books import outcomes

WAITING = 300  # runs that are submitted and not persisted: more than the workers take at once


class BenchError(Exception):
    """What was measured is not what was asked for; the message says why."""


def counted(dsn: str, write: Callable[[str, Sequence[WorkflowRun]], float]) -> float:
    """Rows a second that `write` puts into the table of `dsn`, in the seconds that it returns.

    It gets fresh runs, as many as may wait. Raises BenchError where a row is not there.
    """
    traffic = Traffic(load_catalogue(), 1, time.time(), seed=1)
    runs = [traffic.next_run() for _ in range(CAPACITY)]
    expected = sum(len(run.usages) for run in runs)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE workflow_states CASCADE")
        seconds = write(dsn, runs)
        found = connection.execute("SELECT count(*) FROM execution_llm_usage").fetchone()
    if found != (expected,):
        raise BenchError(f"{write.__name__}: {found} rows are in the table, not {expected}")
    return expected / seconds


def ours(dsn: str, runs: Sequence[WorkflowRun]) -> float:
    """Through the exporter's queue and workers, their states written on the way."""
    catalogue = load_catalogue()
    metrics = UsageMetrics(time.time)
    persistence = Persistence(metrics, Faults(time.time, metrics.reset, catalogue))
    expected = sum(len(run.usages) for run in runs)
    began = time.perf_counter()
    with persistence.on(dsn):
        for number, run in enumerate(runs):
            while number > WAITING + sum(outcomes(metrics)) / EXECUTIONS_A_RUN:
                time.sleep(0.001)  # else a slow machine would let them wait too long
            persistence.submit(run)
        while sum(outcomes(metrics)) < expected:
            time.sleep(0.002)
        return time.perf_counter() - began


def bare(dsn: str, runs: Sequence[WorkflowRun]) -> float:
    """From as many threads, each with a connection and nothing but the upsert.

    The states that the rows refer to are there before the time begins.
    """
    with Connection.open(dsn) as connection:
        begin(connection, runs)
    usages = [usage for run in runs for usage in run.usages]
    shares = [usages[start::WORKERS] for start in range(WORKERS)]
    threads = [threading.Thread(target=_upsert, args=(dsn, share)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _upsert(dsn: str, usages: Sequence[Usage]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for usage in usages:
            save(connection, usage)
