"""`/metrics` over HTTP while a thousand executions a second are persisted."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles

import requests

from exporter_stub.availability import Availability
from exporter_stub.catalogue import load_catalogue
from exporter_stub.clock import RealClock
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from exporter_stub.server import MetricsServer
from exporter_stub.traffic import EXECUTIONS_A_RUN, Traffic
from tests.exporter_stub.bench.pace import every

EXECUTIONS = 1000
"""A second."""

SECONDS = 15
SCRAPES_A_SECOND = 10


def scrapes_under_load(dsn: str) -> tuple[float, float, float]:
    """Median and p99 of a scrape in ms, and executions a second that were persisted meanwhile."""
    clock = RealClock(threading.Event())
    metrics = UsageMetrics(clock)
    faults = Faults(clock, metrics.reset)
    traffic = Traffic(load_catalogue(), 1, time.time(), seed=1)
    took: list[float] = []
    with (
        _serving(metrics) as address,
        Persistence(dsn, metrics, faults, Availability()) as persistence,
        every(
            EXECUTIONS_A_RUN / EXECUTIONS, lambda: persistence.submit(traffic.next_run())
        ) as submitted,
        requests.Session() as session,
    ):
        session.trust_env = False
        for _ in range(SECONDS * SCRAPES_A_SECOND):
            began = time.perf_counter()
            session.get(address, timeout=10).raise_for_status()
            took.append(1000 * (time.perf_counter() - began))
            time.sleep(max(0.0, 1 / SCRAPES_A_SECOND - took[-1] / 1000))
        rate = len(submitted) * EXECUTIONS_A_RUN / SECONDS
    percentiles = quantiles(took, n=100)
    return percentiles[49], percentiles[98], rate


@contextmanager
def _serving(metrics: UsageMetrics) -> Iterator[str]:
    with MetricsServer(("127.0.0.1", 0), metrics, "/metrics", lambda: True) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/metrics"
        server.shutdown()
        thread.join()
