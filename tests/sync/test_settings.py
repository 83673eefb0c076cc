import pytest

from contract.file import ConfigError
from sync.settings import from_environment

SECRET = "do-not-show-me"  # noqa: S105  # made up here
LOCAL = "http://localhost:9090"
FAR = "http://prometheus.example:9090"
USER = {"PROMETHEUS_USER": "me", "PROMETHEUS_PASSWORD": SECRET}


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "PROMETHEUS_URL, ALERTMANAGER_URL, GRAFANA_URL"),
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
        ({"PROMETHEUS_URL": LOCAL, "PROMETHEUS_TOKEN": SECRET, **USER}, "_USER are both set"),
        ({"PROMETHEUS_URL": FAR, "PROMETHEUS_TOKEN": SECRET}, "PROMETHEUS_TOKEN would go to"),
        ({"PROMETHEUS_URL": FAR, **USER}, "PROMETHEUS_PASSWORD would go to"),
        ({"PROMETHEUS_URL": LOCAL, "GRAFANA_ALERTS": "perhaps"}, "GRAFANA_ALERTS is neither"),
    ],
)
def test_an_environment_that_is_no_use_is_refused_by_name_and_without_its_secret(
    environment: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        from_environment(environment)
    assert told in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [LOCAL, "http://127.8.8.8", "http://[::1]:9090", "https://prometheus.example/prefix/"],
)
def test_a_token_may_go_to_this_machine_and_over_https(url: str) -> None:
    settings = from_environment({"PROMETHEUS_URL": url, "PROMETHEUS_TOKEN": SECRET})
    server = settings.servers["Prometheus"]
    assert server.url == url.rstrip("/")
    assert server.token == SECRET
    assert SECRET not in repr(server)


def test_plain_http_is_allowed_without_a_secret_and_where_it_is_asked_for() -> None:
    assert from_environment({"PROMETHEUS_URL": FAR}).servers
    asked = {"PROMETHEUS_URL": FAR, "PROMETHEUS_TOKEN": SECRET, "SYNC_PLAIN_HTTP": "yes"}
    assert from_environment(asked).servers
    others = {"ALERTMANAGER_URL": FAR, "PROMETHEUS_TOKEN": SECRET}
    assert from_environment(others).servers.keys() == {"Alertmanager"}
