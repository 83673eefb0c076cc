import copy
import json
from pathlib import Path

import pytest

from config import Config
from contract.document import Json
from dashboards import compozy_monitoring
from delivery.grafana_versions import MINIMUM, lacking
from delivery.targets.grafana import PROVIDER
from sync.grafana_dashboards import compare, merged
from tests.documents import changed
from tests.standin import Reply
from tests.sync.conftest import Run, put
from tests.sync.grafana_standin import DASHBOARD, UID, Grafana

GIT = compozy_monitoring.dashboard(Config())
NAME = "dashboard compozy-monitoring"
KEPT = "is not in Git (kept: remove it in Grafana if nobody wants it)"
MINE: Json = {
    "id": 99,
    "type": "text",
    "title": "Mine",
    "gridPos": {"h": 4, "w": 24, "x": 0, "y": 90},
}
COUNT, LAST = len(GIT["panels"]), GIT["panels"][-1]
(COVERAGE,) = (f"panels.{index}" for index, panel in enumerate(GIT["panels"]) if panel["id"] == 2)
PANEL, LAST_PANEL = ', panel 2 "Coverage (15m)"', f', panel {LAST["id"]} "{LAST["title"]}"'
MARKS = ', annotation "LLM usage alerts (critical)"'


def _collapsed(panels: list[Json], *more: Json) -> list[Json]:
    row, *inner = panels
    return [{**row, "collapsed": True, "panels": [*inner, *more]}]


def test_what_grafana_adds_and_people_choose_is_no_difference() -> None:
    dashboard = copy.deepcopy(GIT)
    dashboard.update(id=3, version=12, iteration=1700000000, gnetId=None, preload=False)
    dashboard["schemaVersion"] = 43
    dashboard.pop("fiscalYearStartMonth")
    for panel in dashboard["panels"]:
        panel.pop("transparent", None)
        panel |= {"pluginVersion": "13.0.0", "libraryPanel": {"uid": None, "name": "", "tags": []}}
    for variable in dashboard["templating"]["list"]:
        variable["current"] = {"text": "mine", "value": "mine"}
        variable["options"] = [{"text": "mine", "value": "mine"}]
    dashboard["annotations"]["list"][0].update(hide=False, iconColor="blue")
    assert list(compare(dashboard, GIT)) == []


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (f"{COVERAGE}.targets.0.expr", "up", f"{PANEL}: targets[0].expr\n    - up\n"),
        (f"{COVERAGE}.fieldConfig.defaults.max", 250, f"{PANEL}: fieldConfig.defaults.max\n"),
        # A minimum of 0 is another than none.
        (f"{COVERAGE}.fieldConfig.defaults.min", 0, f"{PANEL}: fieldConfig.defaults.min\n    - 0"),
        (f"{COVERAGE}.options.showLegend", False, f"{PANEL}: options.showLegend\n    - false"),
        (f"{COVERAGE}.targets.1", {}, f"{PANEL}: targets[1]\n    - {{}}"),
        (f"{COVERAGE}.gridPos.w", 3, f"{PANEL}: gridPos.w\n    - 3\n"),
        (f"{COVERAGE}.title", "Renamed", f"{PANEL}: title\n    - Renamed\n"),
        (f"panels.{COUNT - 1}", None, f"{LAST_PANEL}: is not there\n    + "),
        (f"panels.{COUNT}", MINE, f', panel 99 "Mine": {KEPT}\n    - "Mine"'),
        ("panels", _collapsed, ', panel 1 "LLM Usage Monitoring": collapsed\n    - true'),
        ("refresh", "5s", ": refresh\n    - 5s\n"),
        ("editable", True, ": editable\n    + false"),  # true where it is missing
        ("schemaVersion", 36, ": schemaVersion\n    - 36\n"),
        ("templating.list.1.multi", False, ', variable "cluster": multi\n    + true'),
        ("annotations.list.1.iconColor", "blue", f"{MARKS}: iconColor\n    - blue\n"),
        ("links.0.url", "/else", ', link "LLM usage alerts": url\n    - /else\n'),
        ("links", lambda it: it[::-1], ": order of its links\n    + LLM usage alerts\n"),
    ],
)
def test_a_difference_is_told_by_its_place_and_is_the_only_one(
    place: str, value: object, told: str
) -> None:
    (found,) = compare(changed(GIT, place, value), GIT)
    assert found.startswith(f"  {NAME}{told}")


def test_what_is_saved_has_all_of_git_and_all_that_only_the_live_one_has() -> None:
    live = copy.deepcopy(GIT)
    live.update(id=3, version=12, title="Renamed")
    live["panels"] = [{"id": 77, "type": "row", "title": "Theirs", "panels": [LAST, MINE]}]
    live["templating"]["list"][1]["current"] = {"text": "a", "value": "a"}
    live["templating"]["list"].append({"name": "theirs", "type": "custom", "query": "1,2"})
    live["annotations"]["list"][0]["iconColor"] = "blue"  # Grafana's own
    live["annotations"]["list"].append({"name": "Theirs", "enable": True})
    live["links"].append({"title": "Theirs", "url": "/"})
    before = json.dumps([live, GIT])
    saved = merged(live, GIT)
    assert json.dumps([live, GIT]) == before
    # Grafana refuses the version where another is live by then.
    wanted = {**GIT, **{key: live[key] for key in ("version", "templating", "annotations")}}
    row = {**live["panels"][0], "panels": [MINE]}
    wanted |= {"panels": [*GIT["panels"], row], "links": live["links"]}
    assert saved == wanted
    assert {KEPT in change for change in compare(saved, GIT)} == {True}


def test_a_panel_of_theirs_in_our_collapsed_row_is_kept() -> None:
    live = {**GIT, "panels": _collapsed(GIT["panels"], MINE)}
    assert merged(live, GIT)["panels"] == [*GIT["panels"], MINE]


def test_a_missing_dashboard_is_made_in_the_folder_that_git_names_and_then_is_the_same(
    on_grafana: Run, checkout: Path, grafana: Grafana
) -> None:
    del grafana.dashboards[UID]
    grafana.folders["team"] = "Team $1"
    out = on_grafana("diff", code=1).out
    assert f"  dashboard {UID}: is not there\n    + Ours\n" in out
    put(checkout, PROVIDER, "providers: []")
    assert "providers.0.folder: is required" in on_grafana("sync", code=2).err
    assert grafana.of("POST") == []
    put(checkout, PROVIDER, "providers: [{name: p, folder: Team $$1}]")
    assert f"  sync: dashboard {UID}: made\n" in on_grafana("sync").out
    (posted,) = grafana.of("POST")
    assert posted.path == "/api/dashboards/db"
    assert posted.json["folderUid"] == "team"
    assert posted.json["dashboard"] == {**DASHBOARD, "id": None}


def test_a_dashboard_that_differs_is_saved_over_where_it_is_unless_somebody_edits_it_meanwhile(
    on_grafana: Run, grafana: Grafana
) -> None:
    grafana.dashboards[UID]["panels"][0]["title"] = "Two"
    grafana.dashboard_folders[UID] = "team"
    grafana.edits.append({"description": "theirs"})
    told = f'  dashboard {UID}, panel 1 "One": title\n    - Two\n    + One\n'
    assert told in on_grafana("diff", code=1).out
    _, out, err = on_grafana("sync", code=2)
    assert f"sync: dashboard {UID}: not saved: somebody else saved it" in err
    assert "The dashboard has been changed by someone else" in err
    assert grafana.dashboards[UID]["description"] == "theirs"
    assert f"  dashboard {UID}: description\n    - theirs\n" in out  # compared anew
    # Nobody is in the way now.
    assert f"  sync: dashboard {UID}: saved\n" in on_grafana("sync").out
    on_grafana("sync")
    _, posted = grafana.of("POST")
    assert posted.json["folderUid"] == "team"
    assert posted.json["overwrite"] is False
    assert posted.json["dashboard"]["version"] == 5
    assert posted.json["message"]


@pytest.mark.parametrize(("alerts", "count"), [("no", 2), ("yes", 3)])
def test_what_an_older_grafana_does_not_show_is_told(
    on_grafana: Run, grafana: Grafana, alerts: str, count: int
) -> None:
    grafana.version = "9.3.0"
    out = on_grafana("diff", code=int(alerts == "yes"), GRAFANA_ALERTS=alerts).out
    notes = [line for line in out.splitlines() if " or later is needed" in line]
    assert notes == [f"  note: {note}" for note in lacking("9.3.0", *MINIMUM)[:count]]


def test_a_panel_that_only_grafana_has_is_kept_and_told_and_not_saved_again(
    on_grafana: Run, grafana: Grafana
) -> None:
    mine = {**DASHBOARD["panels"][0], "id": 9, "title": "Mine"}
    grafana.dashboards[UID]["panels"].append(mine)
    grafana.dashboards[UID]["title"] = "Renamed"
    for times in (1, 1):
        assert 'panel 9 "Mine": is not in Git (kept' in on_grafana("sync", code=1).out
        assert len(grafana.of("POST")) == times
    assert grafana.dashboards[UID]["title"] == "Ours"
    assert mine in grafana.dashboards[UID]["panels"]


def test_a_dashboard_from_a_file_is_reloaded_and_never_saved(
    on_grafana: Run, grafana: Grafana
) -> None:
    grafana.files.add(UID)
    grafana.dashboards[UID]["title"] = "Old"
    entry = {"GRAFANA_TOKEN": "a-token", "GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "a-password"}
    out = on_grafana("sync", code=1, **entry).out  # the file that Grafana reads is not ours
    assert "provisioned from a file" in out
    assert "dashboards config reloaded" in out
    (posted,) = grafana.of("POST")
    assert posted.path == "/api/admin/provisioning/dashboards/reload"
    assert posted.headers["Authorization"].startswith("Basic ")
    assert all(each.headers["Authorization"] == "Bearer a-token" for each in grafana.of("GET"))


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (None, ""),
        (({"message": "Permission denied"}, 403), "GRAFANA_USER and GRAFANA_PASSWORD"),
        (({"message": "no such folder"}, 500), "with 500: no such folder (the admin API takes"),
        ("<html>login</html>", "GRAFANA_URL"),
    ],
)
def test_grafana_reload_prints_what_each_answered_goes_on_where_one_is_refused_and_ends_with_1(
    run: Run, grafana: Grafana, reply: Reply | None, told: str
) -> None:
    grafana.refused |= {("POST", "dashboards/reload"): reply} if reply else {}
    entry = {"GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "a-password"}
    done = run("grafana-reload", code=int(bool(told)), GRAFANA_URL=grafana.url, **entry)
    kinds = ["datasources", "dashboards", "alerting"]
    paths = [f"/api/admin/provisioning/{kind}/reload" for kind in kinds]
    assert [asked.path for asked in grafana.asked] == paths
    if reply:
        kinds.remove("dashboards")
        assert done.err.startswith("grafana-reload: dashboards: Grafana at ")
    assert told in done.err
    assert bool(done.err) == bool(told)
    assert done.out == "".join(f"{kind}: {kind} config reloaded\n" for kind in kinds)
