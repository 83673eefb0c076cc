from pathlib import Path

import pytest
import yaml

from contract.names import DASHBOARD_UID, AlertName
from sync.checkout import GRAFANA_ALERTS
from tests.sync.conftest import Json, Run, on, with_alerts
from tests.sync.grafana_example import ALERT, DASHBOARD, GROUP, UID
from tests.sync.grafana_standin import Grafana
from tests.sync.standin import StandIn


def test_alert_rules_that_nobody_asked_for_are_not_compared(
    run: Run, checkout: Path, server: StandIn
) -> None:
    code, out, _ = on(run, "sync", checkout, server)
    assert code == 0
    assert "none of ours is in this Grafana" in out
    assert server.of("PUT") == []


def test_a_token_for_dashboards_alone_is_enough_where_no_alert_rules_are_asked_for(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    grafana.dashboards_alone = True
    grafana.dashboards[UID]["title"] = "Old"
    code, out, _ = on(run, "sync", checkout, server)
    assert code == 0
    assert "  note: alert rules: not compared" in out
    code, _, err = on(run, "diff", checkout, server, GRAFANA_ALERTS="yes")
    assert code == 2
    assert "You need permission" in err


def test_alert_rules_that_are_asked_for_are_put_into_a_new_folder(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    wanted = {"GRAFANA_ALERTS": "yes"}
    code, out, _ = on(run, "diff", checkout, server, **wanted)
    assert (code, server.of("PUT")) == (1, [])
    assert "  alert rule Alert: is not there\n    + up == 0\n" in out
    code, out, _ = on(run, "sync", checkout, server, **wanted)
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
    code, out, _ = on(run, "sync", checkout, server)
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
    with_alerts(run, checkout, server)
    grafana.rules["alert"] |= change
    code, out, _ = on(run, "diff", checkout, server)
    assert code == 1
    assert told in out
    assert "  1 difference" in out
    assert on(run, "sync", checkout, server)[0] == 0
    assert len(server.of("PUT")) == 1


def test_a_changed_query_and_interval_and_order_are_told(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    with_alerts(run, checkout, server)
    grafana.rules["alert"]["data"][0]["model"]["expr"] = "up == 1"
    grafana.intervals["folder-0", "group/one"] = 30
    grafana.rules = dict(reversed(grafana.rules.items()))
    code, out, _ = on(run, "diff", checkout, server)
    assert code == 1
    assert "  alert rule Alert: data[0].model.expr\n    - up == 1\n    + up == 0\n" in out
    assert "  alert rule group group/one: interval\n    - 30s\n    + 60s\n" in out
    assert "  alert rule group group/one: order of its rules\n" in out


def test_a_group_with_a_rule_of_somebody_elses_is_never_put(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    with_alerts(run, checkout, server)
    grafana.rules["theirs"] = {**grafana.rules["alert"], "uid": "theirs", "title": "Theirs"}
    grafana.rules["alert"]["for"] = "2m"
    code, out, _ = on(run, "sync", checkout, server)
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
    with_alerts(run, checkout, server)
    grafana.rules["two"]["for"] = "2m"
    mine = {**DASHBOARD["panels"][0], "id": 9, "title": "Mine"}
    grafana.dashboards[UID]["panels"].append(mine)
    code, out, _ = on(run, "sync", checkout, server)
    assert code == 1  # a panel that is not in Git
    assert "alert rule group two: put, 1 rules" in out
    assert [asked.path.rpartition("/")[2] for asked in server.of("PUT")] == ["two"]
    assert server.of("POST") == []


def test_rules_from_a_file_are_reloaded_and_never_put(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    with_alerts(run, checkout, server)
    for rule in grafana.rules.values():
        rule["provenance"] = "file"
    grafana.rules["alert"]["for"] = "2m"
    code, out, _ = on(run, "sync", checkout, server)
    assert code == 1
    assert "alert rules: provisioned from a file" in out
    assert [asked.path for asked in server.of("POST")] == [
        "/api/admin/provisioning/alerting/reload"
    ]
    assert server.of("PUT") == []


def test_rules_that_another_tool_owns_are_not_touched(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    with_alerts(run, checkout, server)
    grafana.rules["alert"] |= {"provenance": "converted_prometheus", "for": "2m"}
    code, out, _ = on(run, "sync", checkout, server)
    assert code == 1
    assert "another tool owns them (converted_prometheus)" in out
    assert {asked.method for asked in server.asked} == {"GET"}


def test_what_was_done_is_told_where_the_next_thing_fails(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    other = {**GROUP, "name": "two", "rules": [{**ALERT, "uid": "two", "title": "Two"}]}
    (checkout / GRAFANA_ALERTS).write_text(yaml.safe_dump({"groups": [GROUP, other]}))
    grafana.dashboards[UID]["title"] = "Old"
    grafana.full.add("two")
    code, out, err = on(run, "sync", checkout, server, GRAFANA_ALERTS="yes")
    assert code == 2
    assert f"  sync: dashboard {UID}: saved\n" in out
    assert "  sync: alert rule group group/one: put, 2 rules\n" in out
    assert "quota reached" in err
    # What is shown is what is live now, not what was before.
    assert "Old" not in out
    assert "alert rule Alert" not in out
    assert "  alert rule Two: is not there\n" in out


def test_an_older_grafana_is_told_for_its_alert_rules(
    run: Run, checkout: Path, server: StandIn, grafana: Grafana
) -> None:
    grafana.version = "12.1.3"
    code, out, _ = on(run, "diff", checkout, server, GRAFANA_ALERTS="yes")
    assert code == 1
    assert "  note: Grafana-managed alert rules: Grafana 12.2.0 or later is needed" in out
    assert "is needed" not in on(run, "diff", checkout, server)[1]


def test_no_call_ever_deletes(run: Run, checkout: Path, server: StandIn, grafana: Grafana) -> None:
    with_alerts(run, checkout, server)
    grafana.dashboards["theirs"] = {"uid": "theirs"}
    grafana.rules["alert"]["for"] = "2m"
    grafana.dashboards[UID]["title"] = "Old"
    assert on(run, "sync", checkout, server)[0] == 0
    assert server.of("DELETE") == []
    assert "theirs" in grafana.dashboards


def test_a_checkout_without_grafana_rules_compares_dashboards_alone(
    run: Run, checkout: Path, server: StandIn
) -> None:
    (checkout / GRAFANA_ALERTS).unlink()
    code, _, _ = on(run, "diff", checkout, server, GRAFANA_ALERTS="yes")
    assert code == 0
    assert [asked.path for asked in server.asked] == ["/api/health", f"/api/dashboards/uid/{UID}"]


def test_all_that_is_built_is_applied_once_and_then_is_the_same(
    run: Run, server: StandIn, grafana: Grafana
) -> None:
    for _ in range(2):
        done = run("sync", GRAFANA_URL=server.url, GRAFANA_ALERTS="yes")
        assert (done.code, done.err) == (0, "")
    assert set(AlertName) <= grafana.rules.keys()
    assert len(server.of("PUT")) == 2  # a group each
    assert DASHBOARD_UID in grafana.dashboards
