import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from prometheus_client import CollectorRegistry, Counter

from exporter_stub.server import MetricsServer


@contextmanager
def _serving(path: str | None) -> Iterator[str]:
    registry = CollectorRegistry()
    Counter("seen", "Things seen", registry=registry).inc()
    with MetricsServer(("127.0.0.1", 0), registry, path) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_metrics_are_under_the_configured_path_with_or_without_a_query() -> None:
    with _serving("/internal/metrics") as base:
        for address in ("/internal/metrics", "/internal/metrics?name=seen"):
            answer = requests.get(base + address, timeout=5)
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert "seen_total 1.0" in answer.text


def test_openmetrics_is_served_where_it_is_asked_for() -> None:
    with _serving("/metrics") as base:
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        answer = requests.get(f"{base}/metrics", headers=accept, timeout=5)
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("address", ["/", "/metrics/", "/metric", "/internal"])
def test_nothing_is_anywhere_else(address: str) -> None:
    with _serving("/metrics") as base:
        assert requests.get(base + address, timeout=5).status_code == 404


def test_nothing_is_served_while_monitoring_is_off() -> None:
    with _serving(None) as base:
        assert requests.get(f"{base}/metrics", timeout=5).status_code == 404
