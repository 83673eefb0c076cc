import pytest

from tests.standin import Reply
from tests.sync.conftest import Run
from tests.sync.grafana_standin import Grafana


def test_grafana_reload_prints_what_each_answered(run: Run, grafana: Grafana) -> None:
    entry = {"GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "a-password"}
    done = run("grafana-reload", GRAFANA_URL=grafana.url, **entry)
    assert done.err == ""
    kinds = ("datasources", "dashboards", "alerting")
    assert done.out == "".join(f"{kind}: {kind} config reloaded\n" for kind in kinds)
    assert [asked.path for asked in grafana.asked] == [
        f"/api/admin/provisioning/{kind}/reload" for kind in kinds
    ]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (({"message": "Permission denied"}, 403), "GRAFANA_USER and GRAFANA_PASSWORD"),
        (({"message": "no such folder"}, 500), "with 500: no such folder (the admin API takes"),
        ("<html>login</html>", "GRAFANA_URL"),
    ],
)
def test_grafana_reload_goes_on_where_one_is_refused_and_ends_with_1(
    run: Run, grafana: Grafana, reply: Reply, told: str
) -> None:
    grafana.refused["POST", "dashboards/reload"] = reply
    entry = {"GRAFANA_TOKEN": "a-token"}
    done = run("grafana-reload", code=1, GRAFANA_URL=grafana.url, **entry)
    assert done.err.startswith("grafana-reload: dashboards: Grafana at ")
    assert told in done.err
    assert "alerting: alerting config reloaded\n" in done.out


def test_grafana_reload_needs_an_address(run: Run) -> None:
    done = run("grafana-reload", code=2, PROMETHEUS_URL="http://localhost:1")
    assert done.out == ""
    assert "GRAFANA_URL is not set" in done.err
