import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.names import DASHBOARD_UID, AlertName
from delivery.targets import DASHBOARDS
from delivery.targets.grafana import PROVIDER
from sync.git import GRAFANA_ALERTS
from tests.sync.conftest import Run
from tests.sync.grafana_standin import Grafana
from tests.sync.standin import Reply, StandIn, serving

Json = dict[str, Any]
UID = "ours"
DASHBOARD: Json = {
    "uid": UID,
    "title": "Ours",
    "schemaVersion": 42,
    "panels": [
        {"id": 1, "type": "stat", "title": "One", "gridPos": {"h": 4, "w": 4, "x": 0, "y": 0}}
    ],
}
QUERY: Json = {
    "refId": "A",
    "datasourceUid": "prometheus",
    "relativeTimeRange": {"from": 600, "to": 0},
    "model": {"refId": "A", "expr": "up == 0", "instant": True},
}
ALERT: Json = {
    "uid": "alert",
    "title": "Alert",
    "condition": "A",
    "data": [QUERY],
    "noDataState": "OK",
    "execErrState": "Error",
    "missing_series_evals_to_resolve": 1,
    "for": "60s",
    "labels": {"severity": "critical", "cost": "5 $$"},
    "annotations": {"summary": "It is {{ $labels.job }}"},
    "dashboardUid": UID,
    "panelId": 1,
}
RECORD: Json = {
    "uid": "record",
    "title": "a:b:c",
    "record": {"metric": "a:b:c", "from": "A", "targetDatasourceUid": "prometheus"},
    "data": [QUERY],
}
GROUP: Json = {
    "orgId": 1,
    "name": "group/one",
    "folder": "Compozy",
    "interval": "1m",
    "rules": [RECORD, ALERT],
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder like the checkout, with one dashboard and one group of rules."""
    dashboard = tmp_path / DASHBOARDS / f"{UID}.json"
    dashboard.parent.mkdir(parents=True)
    dashboard.write_text(json.dumps(DASHBOARD))
    rules = tmp_path / GRAFANA_ALERTS
    rules.parent.mkdir(parents=True)
    rules.write_text(yaml.safe_dump({"apiVersion": 1, "groups": [GROUP]}))
    return tmp_path


@pytest.fixture
def grafana() -> Grafana:
    """A stand-in that has the dashboard, and no rule."""
    return Grafana(dashboards={UID: {**copy.deepcopy(DASHBOARD), "id": 1, "version": 4}})


@pytest.fixture
def server(grafana: Grafana) -> Iterator[StandIn]:
    with serving(grafana) as running:
        yield running


def _with_alerts(run: Run, checkout: Path, server: StandIn) -> None:
    """Have the rules put, as a first sync does."""
    done = _run(run, "sync", checkout, server, GRAFANA_ALERTS="yes")
    assert (done[0], done[2]) == (0, ""), done
    server.asked.clear()


def _run(
    run: Run, command: str, checkout: Path, server: StandIn, **environment: str
) -> tuple[int, str, str]:
    done = run(command, "--root", str(checkout), GRAFANA_URL=server.url, **environment)
    return done.code, done.out, done.err


def test_a_dashboard_that_is_the_same_is_left_alone(
    run: Run, checkout: Path, server: StandIn
) -> None:
    for command in ("diff", "sync"):
        code, out, _ = _run(run, command, checkout, server)
        assert code == 0
        assert "  the same as in Git\n" in out
    assert {asked.method for asked in server.asked} == {"GET"}


def test_a_missing_dashboard_is_made_at_the_top_and_then_is_the_same(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    del grafana.dashboards[UID]
    code, out, _ = _run(run, "diff", checkout, server)
    assert (code, server.of("POST")) == (1, [])
    assert f"  dashboard {UID}: is not there\n    + Ours\n" in out
    code, out, _ = _run(run, "sync", checkout, server)
    assert code == 0
    assert f"  sync: dashboard {UID}: made\n" in out
    (posted,) = server.of("POST")
    assert posted.path == "/api/dashboards/db"
    assert posted.json["folderUid"] == ""
    assert posted.json["dashboard"] == {**DASHBOARD, "id": None}


def test_a_missing_dashboard_is_made_in_the_folder_that_git_names(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    del grafana.dashboards[UID]
    provider = checkout / PROVIDER
    provider.parent.mkdir(parents=True)
    provider.write_text("providers: [{name: p, folder: Team $$1}]")
    grafana.folders["team"] = "Team $1"
    assert _run(run, "sync", checkout, server)[0] == 0
    assert grafana.dashboard_folders == {UID: "team"}


def test_all_that_is_built_is_applied_once_and_then_is_the_same(
    run: Run, server: StandIn, grafana: Grafana
) -> None:
    for _ in range(2):
        done = run("sync", GRAFANA_URL=server.url, GRAFANA_ALERTS="yes")
        assert (done.code, done.err) == (0, "")
    assert set(AlertName) <= grafana.rules.keys()
    assert len(server.of("PUT")) == 2  # a group each
    assert DASHBOARD_UID in grafana.dashboards


def test_a_dashboard_that_differs_is_saved_over_where_it_is(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    grafana.dashboards[UID]["panels"][0]["title"] = "Two"
    grafana.dashboard_folders[UID] = "team"
    code, out, _ = _run(run, "diff", checkout, server)
    assert code == 1
    assert f'  dashboard {UID}, panel 1 "One": title\n    - Two\n    + One\n' in out
    code, out, _ = _run(run, "sync", checkout, server)
    assert code == 0
    (posted,) = server.of("POST")
    assert posted.json["folderUid"] == "team"
    assert posted.json["overwrite"] is True
    assert posted.json["message"]
    assert _run(run, "sync", checkout, server)[0] == 0
    assert len(server.of("POST")) == 1


def test_a_panel_that_only_grafana_has_is_kept_and_told_and_not_saved_again(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    mine = {**DASHBOARD["panels"][0], "id": 9, "title": "Mine"}
    grafana.dashboards[UID]["panels"].append(mine)
    grafana.dashboards[UID]["title"] = "Renamed"
    for times in (1, 1):
        code, out, _ = _run(run, "sync", checkout, server)
        assert code == 1
        assert 'panel 9 "Mine": is not in Git (kept' in out
        assert len(server.of("POST")) == times
    assert grafana.dashboards[UID]["title"] == "Ours"
    assert mine in grafana.dashboards[UID]["panels"]


def test_a_dashboard_from_a_file_is_reloaded_and_never_saved(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    grafana.files.add(UID)
    grafana.dashboards[UID]["title"] = "Old"
    entry = {"GRAFANA_TOKEN": "a-token", "GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "a-password"}
    code, out, _ = _run(run, "sync", checkout, server, **entry)
    assert code == 1  # the file that Grafana reads is not ours
    assert "provisioned from a file" in out
    assert "dashboards config reloaded" in out
    (posted,) = server.of("POST")
    assert posted.path == "/api/admin/provisioning/dashboards/reload"
    assert posted.headers["Authorization"].startswith("Basic ")
    assert all(each.headers["Authorization"] == "Bearer a-token" for each in server.of("GET"))


def test_alert_rules_that_nobody_asked_for_are_not_compared(
    run: Run, checkout: Path, server: StandIn
) -> None:
    code, out, _ = _run(run, "sync", checkout, server)
    assert code == 0
    assert "none of ours is in this Grafana" in out
    assert server.of("PUT") == []


def test_alert_rules_that_are_asked_for_are_put_into_a_new_folder(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    wanted = {"GRAFANA_ALERTS": "yes"}
    code, out, _ = _run(run, "diff", checkout, server, **wanted)
    assert (code, server.of("PUT")) == (1, [])
    assert "  alert rule Alert: is not there\n    + up == 0\n" in out
    code, out, _ = _run(run, "sync", checkout, server, **wanted)
    assert code == 0
    assert grafana.folders == {"folder-0": "Compozy"}
    (put,) = server.of("PUT")
    assert put.path == "/api/v1/provisioning/folder/folder-0/rule-groups/group%2Fone"
    assert "X-Disable-Provenance" not in put.headers
    record, alert = put.json["rules"]
    assert put.json["interval"] == 60
    assert alert["labels"] == {"severity": "critical", "cost": "5 $"}
    assert alert["annotations"]["__panelId__"] == "1"
    assert alert["missingSeriesEvalsToResolve"] == 1
    assert alert["folderUID"] == "folder-0"
    assert record["record"]["target_datasource_uid"] == "prometheus"
    # Now some are live: they are compared without being asked for, and nothing is left to do.
    code, out, _ = _run(run, "sync", checkout, server)
    assert (code, len(server.of("PUT"))) == (0, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"for": "2m"}, "  alert rule Alert: for\n    - 2m\n    + 1m\n"),
        ({"isPaused": True}, "  alert rule Alert: isPaused\n    - true\n"),
        (
            {"noDataState": "Alerting"},
            "  alert rule Alert: noDataState\n    - Alerting\n    + OK\n",
        ),
        ({"labels": {}}, "  alert rule Alert: labels\n"),
    ],
)
def test_a_rule_that_differs_is_told_and_put(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana, change: Json, told: str
) -> None:
    _with_alerts(run, checkout, server)
    grafana.rules["alert"] |= change
    code, out, _ = _run(run, "diff", checkout, server)
    assert code == 1
    assert told in out
    assert "  1 difference" in out
    assert _run(run, "sync", checkout, server)[0] == 0
    assert len(server.of("PUT")) == 1


def test_a_changed_query_and_interval_and_order_are_told(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    _with_alerts(run, checkout, server)
    grafana.rules["alert"]["data"][0]["model"]["expr"] = "up == 1"
    grafana.intervals["folder-0", "group/one"] = 30
    grafana.rules = dict(reversed(grafana.rules.items()))
    code, out, _ = _run(run, "diff", checkout, server)
    assert code == 1
    assert "  alert rule Alert: data[0].model.expr\n    - up == 1\n    + up == 0\n" in out
    assert "  alert rule group group/one: interval\n    - 30s\n    + 60s\n" in out
    assert "  alert rule group group/one: order of its rules\n" in out


def test_a_group_with_a_rule_of_somebody_elses_is_never_put(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    _with_alerts(run, checkout, server)
    grafana.rules["theirs"] = {**grafana.rules["alert"], "uid": "theirs", "title": "Theirs"}
    grafana.rules["alert"]["for"] = "2m"
    code, out, _ = _run(run, "sync", checkout, server)
    assert code == 1
    assert "not touched" in out
    assert "    - Theirs (theirs)\n" in out
    assert server.of("PUT") == []
    assert "theirs" in grafana.rules


def test_only_what_differs_is_applied(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    other = {**GROUP, "name": "two", "rules": [{**ALERT, "uid": "two", "title": "Two"}]}
    (checkout / GRAFANA_ALERTS).write_text(yaml.safe_dump({"groups": [GROUP, other]}))
    _with_alerts(run, checkout, server)
    grafana.rules["two"]["for"] = "2m"
    mine = {**DASHBOARD["panels"][0], "id": 9, "title": "Mine"}
    grafana.dashboards[UID]["panels"].append(mine)
    code, out, _ = _run(run, "sync", checkout, server)
    assert code == 1  # a panel that is not in Git
    assert "alert rule group two: put, 1 rules" in out
    assert [asked.path.rpartition("/")[2] for asked in server.of("PUT")] == ["two"]
    assert server.of("POST") == []


def test_rules_from_a_file_are_reloaded_and_never_put(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    _with_alerts(run, checkout, server)
    for rule in grafana.rules.values():
        rule["provenance"] = "file"
    grafana.rules["alert"]["for"] = "2m"
    code, out, _ = _run(run, "sync", checkout, server)
    assert code == 1
    assert "alert rules: provisioned from a file" in out
    assert [asked.path for asked in server.of("POST")] == [
        "/api/admin/provisioning/alerting/reload"
    ]
    assert server.of("PUT") == []


def test_rules_that_another_tool_owns_are_not_touched(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    _with_alerts(run, checkout, server)
    grafana.rules["alert"] |= {"provenance": "converted_prometheus", "for": "2m"}
    code, out, _ = _run(run, "sync", checkout, server)
    assert code == 1
    assert "another tool owns them (converted_prometheus)" in out
    assert {asked.method for asked in server.asked} == {"GET"}


def test_no_call_ever_deletes(run: Run, checkout: Path, server: StandIn, grafana: Grafana) -> None:
    _with_alerts(run, checkout, server)
    grafana.dashboards["theirs"] = {"uid": "theirs"}
    grafana.rules["alert"]["for"] = "2m"
    grafana.dashboards[UID]["title"] = "Old"
    assert _run(run, "sync", checkout, server)[0] == 0
    assert server.of("DELETE") == []
    assert "theirs" in grafana.dashboards


def test_a_checkout_without_grafana_rules_compares_dashboards_alone(
    run: Run, checkout: Path, server: StandIn
) -> None:
    (checkout / GRAFANA_ALERTS).unlink()
    code, _, _ = _run(run, "diff", checkout, server, GRAFANA_ALERTS="yes")
    assert code == 0
    assert [asked.path for asked in server.asked] == [f"/api/dashboards/uid/{UID}"]


def test_grafana_reload_prints_what_each_answered(run: Run, server: StandIn) -> None:
    entry = {"GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "a-password"}
    done = run("grafana-reload", GRAFANA_URL=server.url, **entry)
    assert (done.code, done.err) == (0, "")
    kinds = ("datasources", "dashboards", "alerting")
    assert done.out == "".join(f"{kind}: {kind} config reloaded\n" for kind in kinds)
    assert [asked.path for asked in server.asked] == [
        f"/api/admin/provisioning/{kind}/reload" for kind in kinds
    ]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply({"message": "Permission denied"}, 403), "GRAFANA_USER and GRAFANA_PASSWORD"),
        (Reply({"message": ""}, 500), "its log tells which"),
        (Reply({"message": "Not found"}, 404), "Grafana 9 or later"),
        (Reply("<html>login</html>"), "GRAFANA_URL"),
    ],
)
def test_grafana_reload_goes_on_where_one_is_refused_and_ends_with_1(
    run: Run, server: StandIn, grafana: Grafana, reply: Reply, told: str
) -> None:
    grafana.reloads["dashboards"] = reply
    done = run("grafana-reload", GRAFANA_URL=server.url, GRAFANA_TOKEN="a-token")  # noqa: S106
    assert done.code == 1
    assert done.err.startswith("grafana-reload: dashboards: Grafana at ")
    assert told in done.err
    assert "alerting: alerting config reloaded\n" in done.out


def test_grafana_reload_needs_an_address(run: Run) -> None:
    done = run("grafana-reload", PROMETHEUS_URL="http://localhost:1")
    assert (done.code, done.out) == (2, "")
    assert "GRAFANA_URL is not set" in done.err
