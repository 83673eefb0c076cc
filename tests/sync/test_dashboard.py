import copy
import json

import pytest

from config import Config
from contract.document import Json
from dashboards import compozy_monitoring
from sync.grafana_dashboards import compare, merged
from tests.documents import changed

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
        panel["pluginVersion"] = "13.0.0"
        panel.pop("transparent", None)
        panel["repeat"] = None
    for variable in dashboard["templating"]["list"]:
        variable["current"] = {"text": "mine", "value": "mine"}
        variable["options"] = [{"text": "mine", "value": "mine"}]
    dashboard["annotations"]["list"][0].update(hide=False, iconColor="blue")
    assert list(compare(dashboard, GIT)) == []


@pytest.mark.parametrize(
    ("place", "value", "thing", "what", "live"),
    [
        (f"{COVERAGE}.targets.0.expr", "up", PANEL, "targets[0].expr", "up"),
        (f"{COVERAGE}.fieldConfig.defaults.max", 250, PANEL, "fieldConfig.defaults.max", 250),
        # A minimum of 0 is another than none.
        (f"{COVERAGE}.fieldConfig.defaults.min", 0, PANEL, "fieldConfig.defaults.min", 0),
        (f"{COVERAGE}.gridPos.w", 3, PANEL, "gridPos.w", 3),
        (f"{COVERAGE}.title", "Renamed", PANEL, "title", "Renamed"),
        (f"panels.{COUNT - 1}", None, LAST_PANEL, "is not there", None),
        (f"panels.{COUNT}", MINE, ', panel 99 "Mine"', KEPT, '"Mine"'),
        ("panels", _collapsed, ', panel 1 "LLM Usage Monitoring"', "collapsed", True),
        ("refresh", "5s", "", "refresh", "5s"),
        ("editable", True, "", "editable", None),  # true where it is missing
        ("schemaVersion", 36, "", "schemaVersion", 36),
        ("templating.list.1.multi", False, ', variable "cluster"', "multi", None),
        ("annotations.list.1.iconColor", "blue", MARKS, "iconColor", "blue"),
        ("links.0.url", "/else", ', link "LLM usage alerts"', "url", "/else"),
        ("links", lambda it: it[::-1], "", "order of its links", "Runbooks\nLLM usage alerts"),
    ],
)
def test_a_difference_is_told_by_its_place_and_is_the_only_one(
    place: str, value: object, thing: str, what: str, live: object
) -> None:
    (found,) = compare(changed(GIT, place, value), GIT)
    assert (found.thing, found.what, found.live) == (f"{NAME}{thing}", what, live)


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
    assert {change.what for change in compare(saved, GIT)} == {KEPT}


def test_a_panel_of_theirs_in_our_collapsed_row_is_kept() -> None:
    live = {**GIT, "panels": _collapsed(GIT["panels"], MINE)}
    assert merged(live, GIT)["panels"] == [*GIT["panels"], MINE]
