from pathlib import Path

import pytest

from config import ALERT_NAMES, Config
from contract.document import Json
from delivery.targets.grafana_alerting import RULES as GRAFANA_ALERTS
from tests.documents import changed
from tests.sync.conftest import Run, put
from tests.sync.grafana_standin import ALERT, GROUP, UID, Grafana

OTHER = {**GROUP, "name": "two", "rules": [{**ALERT, "uid": "two", "title": "Two $$1"}]}


@pytest.fixture
def live(on_grafana: Run, checkout: Path, grafana: Grafana) -> dict[str, Json]:
    """The rules of the stand-in, after a first sync has put those of two groups."""
    put(checkout, GRAFANA_ALERTS, {"groups": [GROUP, OTHER]})
    assert on_grafana("sync", GRAFANA_ALERTS="yes").err == ""
    grafana.asked.clear()
    return grafana.rules


def test_a_token_for_dashboards_alone_is_enough_where_no_alert_rules_are_asked_for(
    on_grafana: Run, grafana: Grafana
) -> None:
    grafana.refused["GET", "alert-rules"] = {"message": "You need permission"}, 403
    grafana.dashboards[UID]["title"] = "Old"
    assert "  note: alert rules: not compared" in on_grafana("sync").out
    grafana.dashboards[UID]["title"] = "Newer"
    done = on_grafana("diff", code=2, GRAFANA_ALERTS="yes")
    assert "You need permission" in done.err
    assert "    - Newer\n" in done.out  # what could be compared is told as well
    done = on_grafana("sync", code=2, GRAFANA_ALERTS="yes")
    assert done.err.count("You need permission") == 1  # though it compares twice


def test_alert_rules_are_put_into_a_new_folder_once_they_are_asked_for(
    on_grafana: Run, grafana: Grafana
) -> None:
    assert "none of ours is in this Grafana" in on_grafana("sync").out
    done = on_grafana("diff", code=1, GRAFANA_ALERTS="yes")
    assert grafana.of("PUT") == []
    assert "  alert rule Alert: is not there\n    + up == 0\n" in done.out
    on_grafana("sync", GRAFANA_ALERTS="yes")
    assert grafana.folders == {"folder-0": "Compozy $1"}
    (sent,) = grafana.of("PUT")
    assert sent.environ["REQUEST_URI"].endswith("/folder/folder-0/rule-groups/group%2Fone")
    assert "X-Disable-Provenance" not in sent.headers
    record, alert = sent.json["rules"]
    assert sent.json["interval"] == 60
    assert alert["labels"] == {"severity": "critical", "cost": "5 $"}
    assert alert["annotations"]["__panelId__"] == "1"
    assert alert["missingSeriesEvalsToResolve"] == 1
    assert alert["folderUID"] == "folder-0"
    assert not {"dashboardUid", "panelId"} & alert.keys()  # which only files have
    assert record["record"]["target_datasource_uid"] == "prometheus"
    assert (record["condition"], record["for"]) == ("", "0s")  # the API wants them of every rule
    # Now some are live: they are compared without being asked for, and nothing is left to do.
    on_grafana("sync")
    assert len(grafana.of("PUT")) == 1


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("rules.alert.for", "2m", " Alert: for\n    - 2m\n    + 1m\n"),
        ("rules.alert.isPaused", True, " Alert: isPaused\n    - true\n"),
        ("rules.alert.keep_firing_for", "5m", " Alert: keep_firing_for\n    - 5m\n"),
        ("rules.alert.notification_settings", {"receiver": "a"}, " Alert: notification_settings\n"),
        ("rules.record.folderUID", "other", " a:b:c: folderUID\n    - other\n    + folder-0\n"),
        ("rules.alert.noDataState", "Alerting", " Alert: noDataState\n    - Alerting\n    + OK\n"),
        ("rules.alert.labels", {}, " Alert: labels\n"),
        ("rules.alert.data.0.model.expr", "x", " Alert: data[0].model.expr\n    - x\n    + up"),
        ("rules", lambda it: dict(reversed(it.items())), " group group/one: order of its rules\n"),
        ("interval", 30, " group group/one: interval\n    - 30s\n    + 60s\n"),
    ],
)
def test_a_rule_or_group_that_differs_is_told_and_its_group_alone_is_put(
    on_grafana: Run, grafana: Grafana, live: dict[str, Json], place: str, value: object, told: str
) -> None:
    made = changed({"rules": live, "interval": 60}, place, value)
    grafana.rules, grafana.intervals["folder-0", "group/one"] = made.values()
    out = on_grafana("diff", code=1).out
    assert f"  alert rule{told}" in out
    assert "  1 difference" in out
    done = [line for line in on_grafana("sync").out.splitlines() if line.startswith("  sync: ")]
    assert done == ["  sync: alert rule group group/one: replaced, 2 rules"]
    assert (len(grafana.of("PUT")), grafana.of("POST")) == (1, [])


@pytest.mark.parametrize(
    ("uid", "change", "told", "posted"),
    [
        ("theirs", {"title": "Theirs"}, "delete rules that are not ours: Theirs\n", []),
        ("alert", {"provenance": "file"}, "provisioned from a file", ["alerting/reload"]),
        ("alert", {"provenance": "converted"}, "another tool owns them (converted)", []),
    ],
)
def test_rules_that_are_not_ours_alone_are_told_and_never_put(
    on_grafana: Run,
    grafana: Grafana,
    live: dict[str, Json],
    uid: str,
    change: Json,
    told: str,
    posted: list[str],
) -> None:
    live["alert"]["for"] = "2m"
    live[uid] = {**live["alert"], "uid": uid, **change}
    out = on_grafana("sync", code=1).out
    assert told in out
    assert ("  alert rule Theirs: is not in Git (sync leaves" in out) == (uid == "theirs")
    sent = [asked.path.removeprefix("/api/admin/provisioning/") for asked in grafana.of("POST")]
    assert sent == posted
    assert grafana.of("PUT") == []


def test_what_was_done_is_told_where_the_next_thing_fails(
    on_grafana: Run, checkout: Path, grafana: Grafana
) -> None:
    put(checkout, GRAFANA_ALERTS, {"groups": [GROUP, OTHER]})
    grafana.dashboards[UID]["title"] = "Old"
    grafana.refused["PUT", "rule-groups/two"] = {"message": "quota reached"}, 403
    _, out, err = on_grafana("sync", code=2, GRAFANA_ALERTS="yes")
    assert f"  sync: dashboard {UID}: saved\n" in out
    assert "  sync: alert rule group group/one: replaced, 2 rules\n" in out
    assert "quota reached" in err
    # What is shown is what is live now, not what was before.
    assert "Old" not in out
    assert "alert rule Alert" not in out
    assert "  alert rule Two $1: is not there\n" in out


def test_a_checkout_without_grafana_rules_compares_dashboards_alone(
    on_grafana: Run, checkout: Path, grafana: Grafana
) -> None:
    (checkout / GRAFANA_ALERTS).unlink()
    on_grafana("diff", GRAFANA_ALERTS="yes")
    assert [asked.path for asked in grafana.asked] == ["/api/health", f"/api/dashboards/uid/{UID}"]


def test_all_that_is_built_is_applied_once_and_then_is_the_same(run: Run, grafana: Grafana) -> None:
    for _ in range(2):
        assert run("sync", GRAFANA_URL=grafana.url, GRAFANA_ALERTS="yes").err == ""
    assert set(ALERT_NAMES) <= grafana.rules.keys()
    assert len(grafana.of("PUT")) == 2  # a group each
    assert Config().dashboard.uid in grafana.dashboards
