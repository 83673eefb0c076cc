"""The command `python -m tests.exporter_stub.bench`.

Rows persisted a second, beside bare psycopg; scrapes over HTTP, with what writes notice of them;
and how many alerts healthy traffic raises.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from statistics import median, quantiles

import psycopg

from contract.metrics import Component, Outcome
from exporter_stub import persistence
from exporter_stub.catalogue import load_catalogue
from exporter_stub.database import create_schema, save, with_time_outs
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import WORKERS
from exporter_stub.postgres import embedded_postgres
from exporter_stub.traffic import Traffic, Usage, WorkflowRun
from exporter_stub.web import metrics_app, serve_http
from tests.exporter_stub.bench import healthy
from tests.exporter_stub.books import Books
from tests.exporter_stub.conftest import execute, load
from tools.http import ask

SAMPLES = (629, 10_000)
"""The default catalogue's, with a failures series; and many."""

SEEDS = 150
RUNS = 900  # that are written in a measurement: all of them may wait
PATIENCE = 600  # seconds that writes may wait, on however slow a machine
SCRAPES, RATE = 10, 100  # one a second; and runs a second meanwhile, six executions each
SAMPLES_A_LABEL_SET = 18  # two token counters, an event counter, a histogram of 15


class _Timed(UsageMetrics):
    """Remembers how long each write took."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def record(self, usage: Usage, outcome: Outcome, seconds: float) -> None:
        super().record(usage, outcome, seconds)
        self.seconds.append(seconds)


def main() -> None:
    """Print each figure as soon as it is measured."""
    sys.setswitchinterval(0.0005)  # as in the exporter's process
    vars(persistence).update(TIMEOUT=PATIENCE)
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder)) as address:
        dsn = with_time_outs(address)
        create_schema(dsn)
        # In turns, so that a busy machine slows both.
        both = [[_counted(dsn, write) for write in (_ours, _bare)] for _ in range(5)]
        ours, bare = zip(*both, strict=True)
        _tell("rows persisted a second", ours, "bare psycopg", bare)
        for samples in SAMPLES:
            with_scrapes = _measured(dsn, samples, scraped=True)
            without = _measured(dsn, samples, scraped=False)
            print(f"a scrape of {samples:,} samples, ms: {with_scrapes[0]:.1f}", flush=True)
            name = f"p99 of writes while {samples:,} samples are scraped each second, ms"
            _tell(name, with_scrapes[1:], "not scraped", without[1:])
    fired = sum(healthy.alerts(seed) > 0 for seed in range(SEEDS))
    print(f"token spikes in {SEEDS} times two healthy days: {fired}")


def _tell(what: str, ours: Sequence[float], beside: str, other: Sequence[float]) -> None:
    mine, theirs = median(ours), median(other)
    print(f"{what}: {mine:,.1f}; {beside}: {theirs:,.1f}; ratio {mine / theirs:.2f}", flush=True)


def _counted(dsn: str, write: Callable[[Books, Sequence[WorkflowRun]], object]) -> float:
    """Rows a second that `write` puts into the table of `dsn`.

    Ends the process where a row is not there.
    """
    traffic = Traffic(load_catalogue(), 1, time.time(), seed=1)
    runs = [traffic.next_run() for _ in range(RUNS)]
    expected = sum(len(run) for run in runs)
    execute(dsn, "TRUNCATE workflow_states CASCADE")
    books = Books(dsn)
    began = time.perf_counter()
    write(books, runs)
    seconds = time.perf_counter() - began
    if (found := books.count("SELECT FROM execution_llm_usage")) != expected:
        sys.exit(f"bench: {write.__name__}: {found} rows are in the table, not {expected}")
    return expected / seconds


def _ours(books: Books, runs: Sequence[WorkflowRun]) -> None:
    """Through the exporter's queue and workers, until none waits."""
    with books.on():
        for run in runs:
            books.submit(run)


def _bare(books: Books, runs: Sequence[WorkflowRun]) -> None:
    """The same statements from as many threads, each with a connection and nothing else."""

    def save_all(part: Sequence[WorkflowRun]) -> None:
        with psycopg.connect(books.dsn, autocommit=True) as connection:
            for usage in chain.from_iterable(part):
                save(connection, usage)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(save_all, (runs[start::WORKERS] for start in range(WORKERS))))


def _measured(dsn: str, samples: int, *, scraped: bool) -> tuple[float, float]:
    """Milliseconds: the median of a scrape of so many samples, and the p99 of writes meanwhile."""
    metrics = _Timed()
    for number in range(samples // SAMPLES_A_LABEL_SET):
        usage = Usage("t", Component.TASK, "provider", f"model-{number}", 1, 1, "w")
        metrics.record(usage, Outcome.SUCCESS, 0.002)
    metrics.seconds.clear()
    books = Books(dsn, metrics)
    took = []
    port = serve_http("127.0.0.1", 0, metrics_app(metrics, "/metrics", lambda: True))
    with books.on(), load(books, RATE):
        for _ in range(SCRAPES):
            began = time.perf_counter()
            if scraped:
                ask("GET", f"http://127.0.0.1:{port}/metrics").raise_for_status()
            took.append(time.perf_counter() - began)
            time.sleep(max(0.0, 1 - took[-1]))
    return 1000 * median(took), 1000 * quantiles(metrics.seconds, n=100)[-1]


if __name__ == "__main__":
    main()
