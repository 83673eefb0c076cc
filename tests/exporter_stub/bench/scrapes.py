"""Scrapes over HTTP while executions are persisted: how long they take, and what writes notice."""

import time
from statistics import median, quantiles

import requests

from contract.metrics import Component
from exporter_stub.catalogue import load_catalogue
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from exporter_stub.traffic import Usage
from exporter_stub.web import Server, metrics_app
from tests.exporter_stub.conftest import load

SECONDS = 10
RATE = 100
"""Runs a second, six executions each."""

EVERY = 1.0
"""Seconds between scrapes: fifteen times as often as by Prometheus."""

SAMPLES_A_LABEL_SET = 18
"""Two token counters, an event counter, a histogram of 15."""


class _Timed(UsageMetrics):
    """Remembers how long each write took."""

    def __init__(self) -> None:
        super().__init__(time.time)
        self.seconds: list[float] = []

    def record_success(self, usage: Usage, seconds: float) -> None:
        super().record_success(usage, seconds)
        self.seconds.append(seconds)


def measured(dsn: str, samples: int, *, scraped: bool) -> tuple[float, float]:
    """Milliseconds: the median of a scrape of so many samples, and the p99 of writes meanwhile."""
    metrics = _Timed()
    for number in range(samples // SAMPLES_A_LABEL_SET):
        usage = Usage(Component.TASK, "provider", f"model-{number}", 1, 1, task_exec_id="t")
        metrics.record_success(usage, 0.002)
    metrics.seconds.clear()
    persistence = Persistence(metrics, Faults(time.time, metrics.reset, load_catalogue()))
    took = [0.0]
    with (
        persistence.on(dsn),
        Server("127.0.0.1", 0, metrics_app(metrics, "/metrics", lambda: True)) as server,
        load(persistence, RATE),
        requests.Session() as session,
    ):
        session.trust_env = False
        for _ in range(int(SECONDS / EVERY)):
            began = time.perf_counter()
            if scraped:
                address = f"http://127.0.0.1:{server.bound}/metrics"
                session.get(address, timeout=10).raise_for_status()
                took.append(1000 * (time.perf_counter() - began))
            time.sleep(max(0.0, EVERY - (time.perf_counter() - began)))
    return median(took[1:] or took), 1000 * quantiles(metrics.seconds, n=100)[-1]
