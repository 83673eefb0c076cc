import pytest

from sync.__main__ import SERVERS
from sync.settings import servers
from tests.sync.conftest import Run

SECRET = "do-not-show-me"  # noqa: S105  # made up here
LOCAL = "http://localhost:9090"
FAR = "http://prometheus.example:9090"
TOKEN = {"PROMETHEUS_TOKEN": SECRET}
USER = {"PROMETHEUS_USER": "me", "PROMETHEUS_PASSWORD": SECRET}


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "PROMETHEUS_URL or ALERTMANAGER_URL or GRAFANA_URL"),
        ({"PROMETHEUS_URL": " "}, "no server is named"),
        ({"GRAFANA_URL": "localhost:3000"}, "GRAFANA_URL is no address"),
        ({"GRAFANA_URL": "ftp://host"}, "GRAFANA_URL is no address"),
        ({"GRAFANA_URL": "http://host:port"}, "GRAFANA_URL is no address"),
        ({"GRAFANA_URL": "http://"}, "GRAFANA_URL is no address"),
        ({"GRAFANA_URL": "http://[:::]:3000"}, "GRAFANA_URL is no address"),
        ({"GRAFANA_URL": "http://a..b"}, "GRAFANA_URL is no address"),
        ({"GRAFANA_URL": "http://h\u2100st"}, "GRAFANA_URL is no address"),
        ({"GRAFANA_URL": "http://host?a=b"}, "it has no query"),
        ({"GRAFANA_URL": f"https://me:{SECRET}@host"}, "GRAFANA_USER and GRAFANA_PASSWORD are for"),
        ({"PROMETHEUS_URL": LOCAL, "PROMETHEUS_USER": "me"}, "PROMETHEUS_PASSWORD is not set"),
        ({"PROMETHEUS_URL": LOCAL, "PROMETHEUS_PASSWORD": SECRET}, "PROMETHEUS_USER is not set"),
        ({"PROMETHEUS_URL": LOCAL, "PROMETHEUS_TOKEN": f"{SECRET} b"}, "PROMETHEUS_TOKEN has a"),
        ({"PROMETHEUS_URL": LOCAL, "PROMETHEUS_TOKEN": f"{SECRET}\nb"}, "PROMETHEUS_TOKEN has a"),
        ({"PROMETHEUS_URL": LOCAL, **TOKEN, **USER}, "_USER are both set"),
        ({"PROMETHEUS_URL": FAR, **TOKEN}, "PROMETHEUS_TOKEN would go to"),
        ({"PROMETHEUS_URL": FAR, **USER}, "PROMETHEUS_PASSWORD would go to"),
        ({"PROMETHEUS_URL": LOCAL, "GRAFANA_ALERTS": "perhaps"}, "GRAFANA_ALERTS is neither"),
    ],
)
def test_an_environment_that_is_no_use_is_refused_by_name_and_without_its_secret(
    run: Run, environment: dict[str, str], told: str
) -> None:
    done = run("diff", code=2, **environment)
    assert told in done.err
    assert SECRET not in done.err


def test_grafana_reload_needs_the_address_of_grafana(run: Run) -> None:
    assert "set GRAFANA_URL, for example" in run("grafana-reload", code=2, PROMETHEUS_URL=LOCAL).err


@pytest.mark.parametrize(
    ("url", "more"),
    [
        (LOCAL, TOKEN),
        ("http://127.8.8.8", TOKEN),
        ("http://[::1]:9090", TOKEN),
        ("https://prometheus.example/prefix/", TOKEN),
        (FAR, {**TOKEN, "SYNC_PLAIN_HTTP": "yes"}),
        (FAR, {"GRAFANA_TOKEN": SECRET}),  # without an address it goes nowhere
    ],
)
def test_a_token_may_go_to_this_machine_and_over_https_and_where_plain_http_is_asked_for(
    url: str, more: dict[str, str]
) -> None:
    (server,) = servers({"PROMETHEUS_URL": url, **more}, *SERVERS)
    assert server.url == url.rstrip("/")
    assert server.token == more.get("PROMETHEUS_TOKEN", "")
    assert SECRET not in repr(server)
