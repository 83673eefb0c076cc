import gzip
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from contract.metrics import Component
from exporter_stub.executions import Usage
from exporter_stub.metrics import UsageMetrics
from exporter_stub.server import MetricsServer


@pytest.fixture(autouse=True)
def counted(metrics: UsageMetrics) -> None:
    """One success is counted."""
    metrics.record_success(Usage(Component.TASK, "o", "m", 7, 1, task_exec_id="t"), 0.01)


@contextmanager
def _serving(metrics: UsageMetrics, path: str | None, *, ready: bool = True) -> Iterator[str]:
    with MetricsServer(("127.0.0.1", 0), metrics, path, lambda: ready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_metrics_are_under_the_configured_path_with_or_without_a_query(
    metrics: UsageMetrics,
) -> None:
    with _serving(metrics, "/internal/metrics") as base:
        for address in ("/internal/metrics", "/internal/metrics?name=seen"):
            answer = requests.get(base + address, timeout=5)
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert "compozy_llm_prompt_tokens_total{" in answer.text


def test_openmetrics_is_served_where_it_is_asked_for(metrics: UsageMetrics) -> None:
    with _serving(metrics, "/metrics") as base:
        accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
        answer = requests.get(f"{base}/metrics", headers=accept, timeout=5)
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1")
        assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip", True),
        ("deflate, gzip;q=1.0", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("", False),
    ],
)
def test_gzip_is_served_where_it_is_asked_for(
    metrics: UsageMetrics, accepted: str, *, compressed: bool
) -> None:
    with _serving(metrics, "/metrics") as base:
        headers = {"Accept-Encoding": accepted}
        answer = requests.get(f"{base}/metrics", headers=headers, stream=True, timeout=5)
        assert (answer.headers.get("Content-Encoding") == "gzip") == compressed
        body = answer.raw.read(decode_content=False)
        text = gzip.decompress(body) if compressed else body
        assert b'compozy_llm_usage_events_total{component="task"' in text


@pytest.mark.parametrize("address", ["/", "/metrics/", "/metric", "/internal", "/healthz/"])
def test_nothing_is_anywhere_else(metrics: UsageMetrics, address: str) -> None:
    with _serving(metrics, "/metrics") as base:
        assert requests.get(base + address, timeout=5).status_code == 404


def test_no_metrics_are_served_while_monitoring_is_off(metrics: UsageMetrics) -> None:
    with _serving(metrics, None) as base:
        assert requests.get(f"{base}/metrics", timeout=5).status_code == 404
        assert requests.get(f"{base}/healthz", timeout=5).status_code == 200


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_it_is_alive_without_its_database_and_ready_with_it(
    metrics: UsageMetrics, *, ready: bool, status: int
) -> None:
    with _serving(metrics, "/metrics", ready=ready) as base:
        assert requests.get(f"{base}/healthz", timeout=5).status_code == 200
        assert requests.get(f"{base}/readyz", timeout=5).status_code == status


def test_a_request_that_cannot_be_is_not_found_and_a_client_that_goes_is_no_news(
    metrics: UsageMetrics, capfd: pytest.CaptureFixture[str]
) -> None:
    with _serving(metrics, "/metrics") as base:
        port = int(base.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(b"GET //[ HTTP/1.0\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.0 404 ")
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(b"GET /metr")
        assert requests.get(f"{base}/healthz", timeout=5).status_code == 200
    assert capfd.readouterr().err == ""
