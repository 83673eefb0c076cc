"""Rows persisted a second, beside bare psycopg; and scrapes over HTTP, with what writes notice."""

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median, quantiles

import psycopg
import requests

from contract.metrics import Component
from exporter_stub.catalogue import load_catalogue
from exporter_stub.database import save
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import CAPACITY, WORKERS, Persistence
from exporter_stub.traffic import Traffic, Usage, WorkflowRun
from exporter_stub.web import metrics_app, served
from tests.exporter_stub.books import outcomes
from tests.exporter_stub.conftest import load

WAITING = 300  # runs that are submitted and not persisted: more than the workers take at once
SECONDS, RATE = 10, 100  # of scrapes; and runs a second meanwhile, six executions each
EVERY = 1.0  # seconds between scrapes: fifteen times as often as by Prometheus
SAMPLES_A_LABEL_SET = 18  # two token counters, an event counter, a histogram of 15


class _Timed(UsageMetrics):
    """Remembers how long each write took."""

    def __init__(self) -> None:
        super().__init__(time.time)
        self.seconds: list[float] = []

    def record_success(self, usage: Usage, seconds: float) -> None:
        super().record_success(usage, seconds)
        self.seconds.append(seconds)


def _persistence(metrics: UsageMetrics) -> Persistence:
    return Persistence(metrics, Faults(time.time, metrics.reset, load_catalogue()))


def counted(dsn: str, write: Callable[[str, Sequence[WorkflowRun]], float]) -> float:
    """Rows a second that `write` puts into the table of `dsn`, in the seconds that it returns.

    It gets fresh runs, as many as may wait. Ends the process where a row is not there.
    """
    traffic = Traffic(load_catalogue(), 1, time.time(), seed=1)
    runs = [traffic.next_run() for _ in range(CAPACITY)]
    expected = sum(len(run.usages) for run in runs)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE workflow_states CASCADE")
        seconds = write(dsn, runs)
        found = connection.execute("SELECT count(*) FROM execution_llm_usage").fetchone()
    if found != (expected,):
        sys.exit(f"bench: {write.__name__}: {found} rows are in the table, not {expected}")
    return expected / seconds


def ours(dsn: str, runs: Sequence[WorkflowRun]) -> float:
    """Through the exporter's queue and workers, their states written on the way."""
    metrics = UsageMetrics(time.time)
    persistence = _persistence(metrics)
    expected = sum(len(run.usages) for run in runs)
    began = time.perf_counter()
    with persistence.on(dsn):
        for number, run in enumerate(runs):
            while number > WAITING + sum(outcomes(metrics)) / expected * len(runs):
                time.sleep(0.001)  # else a slow machine would let them wait too long
            persistence.submit(run)
        while sum(outcomes(metrics)) < expected:
            time.sleep(0.002)
        return time.perf_counter() - began


def bare(dsn: str, runs: Sequence[WorkflowRun]) -> float:
    """The same statements from as many threads, each with a connection and nothing else."""
    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(partial(_save, dsn), (runs[start::WORKERS] for start in range(WORKERS))))
    return time.perf_counter() - began


def _save(dsn: str, runs: Sequence[WorkflowRun]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for run in runs:
            for usage in run.usages:
                save(connection, usage, run if usage is run.usages[0] else None)


def measured(dsn: str, samples: int, *, scraped: bool) -> tuple[float, float]:
    """Milliseconds: the median of a scrape of so many samples, and the p99 of writes meanwhile."""
    metrics = _Timed()
    for number in range(samples // SAMPLES_A_LABEL_SET):
        usage = Usage(Component.TASK, "provider", f"model-{number}", 1, 1, task_exec_id="t")
        metrics.record_success(usage, 0.002)
    metrics.seconds.clear()
    persistence = _persistence(metrics)
    took = [0.0]
    with (
        persistence.on(dsn),
        served("127.0.0.1", 0, metrics_app(metrics, "/metrics", lambda: True)) as port,
        load(persistence, RATE),
        requests.Session() as session,
    ):
        session.trust_env = False
        for _ in range(int(SECONDS / EVERY)):
            began = time.perf_counter()
            if scraped:
                address = f"http://127.0.0.1:{port}/metrics"
                session.get(address, timeout=10).raise_for_status()
                took.append(1000 * (time.perf_counter() - began))
            time.sleep(max(0.0, EVERY - (time.perf_counter() - began)))
    return median(took[1:] or took), 1000 * quantiles(metrics.seconds, n=100)[-1]
