import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from contract.metrics import Component, Outcome
from exporter_stub import web
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import Usage
from exporter_stub.web import metrics_app, serve_http
from tests.exporter_stub.conftest import wait_for

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
PLAIN = "text/plain; version=0.0.4"


def _serving(metrics: UsageMetrics, path: str | None, *, ready: bool = True) -> str:
    """The address of a running server that has counted one success."""
    metrics.record(Usage("t", Component.TASK, "o", "m", 7, 1, "w"), Outcome.SUCCESS, 0.01)
    port = serve_http("127.0.0.1", 0, metrics_app(metrics, path, lambda: ready))
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def base(metrics: UsageMetrics) -> str:
    """The address of a running server that has counted one success."""
    return _serving(metrics, "/metrics")


def _connected(base: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(base.rsplit(":", 1)[1])), 60)


def _get(address: str, headers: dict[str, str] | None = None) -> requests.Response:
    return requests.get(address, headers=headers, timeout=60)


def test_a_scrape_may_ask_for_some_names(base: str) -> None:
    asked = "name[]=compozy_llm_prompt_tokens_total&name[]=compozy_llm_usage_latency_seconds_count"
    text = _get(f"{base}/metrics?{asked}").text
    names = [line.split("{")[0] for line in text.splitlines() if not line.startswith("#")]
    assert names == ["compozy_llm_prompt_tokens_total", "compozy_llm_usage_latency_seconds_count"]


@pytest.mark.parametrize(
    ("format_", "encoding", "served"),
    [
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "gzip", OPENMETRICS),
        ("application/openmetrics-text; version=0.0.1, text/plain; q=0.5", "identity", PLAIN),
        ("application/openmetrics-text;q=0, */*", "gzip;q=0.5, identity", PLAIN),
        ("text/plain;q=0.2,application/openmetrics-text;q=0.7", "", OPENMETRICS),
        ("application/openmetrics-text;version=99.0", "gzip;q=0.000", PLAIN),
        ("application/openmetrics-text;q=...", "gzip", PLAIN),
        ("", "", PLAIN),
    ],
)
def test_format_and_encoding_are_those_that_are_wanted_most(
    base: str, format_: str, encoding: str, served: str
) -> None:
    answer = _get(f"{base}/metrics", {"Accept": format_, "Accept-Encoding": encoding})
    assert answer.headers["Content-Type"].startswith(served)
    assert (answer.headers.get("Content-Encoding") == "gzip") == (encoding == "gzip")
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert 'compozy_llm_usage_events_total{component="task"' in answer.text
    assert answer.text.endswith("# EOF\n") == (served == OPENMETRICS)


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
@pytest.mark.parametrize(("path", "found"), [("/my/metrics", 200), (None, 404)])
def test_metrics_are_under_the_configured_path_alone_and_health_is_told_without_one_as_well(
    metrics: UsageMetrics, path: str | None, found: int, *, ready: bool, status: int
) -> None:
    base = _serving(metrics, path, ready=ready)
    nowhere = ("/", "/metrics", "/my", "/my/metrics/", "/my/metric", "/healthz/", "/%")
    answers = dict.fromkeys(nowhere, 404)
    answers |= {"/my/metrics?seen=1": found, "/healthz": 200, "/readyz": status}
    for asked, expected in answers.items():
        got, headed = _get(base + asked), requests.head(base + asked, timeout=60)
        assert got.status_code == headed.status_code == expected, asked
        assert got.headers["Content-Type"] == headed.headers["Content-Type"]
        assert int(headed.headers["Content-Length"]) > 0
        assert headed.content == b""


def test_another_method_is_refused(base: str) -> None:
    answer = requests.post(f"{base}/metrics", timeout=60)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_hundreds_of_scrapes_at_once_are_all_answered(base: str) -> None:
    with ThreadPoolExecutor(200) as pool:
        answers = pool.map(lambda _: _get(f"{base}/metrics"), range(400))
        assert {answer.status_code for answer in answers} == {200}


def test_a_scrape_of_megabytes_needs_no_file(
    metrics: UsageMetrics, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it is deployed, the file system is read-only."""
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    for number in range(800):
        usage = Usage("t", Component.TASK, "provider", f"model-{number}", 7, 1, "w")
        metrics.record(usage, Outcome.SUCCESS, 0.01)
    base = _serving(metrics, "/metrics")
    assert len(_get(f"{base}/metrics", {"Accept-Encoding": "identity"}).content) > 2_000_000
    assert caplog.messages == []


def test_a_client_that_drips_is_cut_off_and_others_are_served(
    metrics: UsageMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "PATIENCE", 600)
    base, begun = _serving(metrics, "/metrics"), b"GET /metrics HTTP/1.1\r\nX: "
    with _connected(base) as client:
        client.sendall(begun)
        assert _get(f"{base}/healthz").status_code == 200
    monkeypatch.setattr(web, "PATIENCE", 1)
    with _connected(_serving(metrics, "/metrics")) as client:
        client.sendall(begun)
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            wait_for(lambda: client.send(b"x") > 1)  # until it cannot


def test_a_request_that_cannot_be_is_refused_and_a_client_that_goes_is_no_news(
    base: str, caplog: pytest.LogCaptureFixture
) -> None:
    with _connected(base) as client:
        client.sendall(b"GET //[ HTTP/1.0\r\n\r\n")
        assert client.recv(100).split()[1] in (b"400", b"404")
    with _connected(base) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(b"GET /metr")
    assert _get(f"{base}/healthz").status_code == 200
    assert caplog.messages == []
