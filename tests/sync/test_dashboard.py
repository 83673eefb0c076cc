import copy
import json
from typing import Any

import pytest

from config import Config
from dashboards import dashboards
from sync.grafana_dashboards import compare, merged
from tests.documents import changed

Json = dict[str, Any]

(GIT,) = dashboards(Config())
NAME = "dashboard compozy-monitoring"
MINE: Json = {
    "id": 99,
    "type": "text",
    "title": "Mine",
    "gridPos": {"h": 4, "w": 24, "x": 0, "y": 90},
}
(COVERAGE,) = (f"panels.{index}" for index, panel in enumerate(GIT["panels"]) if panel["id"] == 2)


def _saved_by_grafana() -> Json:
    """Ours as Grafana saves it and lifts it to its version, with what people chose."""
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
    return dashboard


def test_what_grafana_adds_and_people_choose_is_no_difference() -> None:
    assert list(compare(_saved_by_grafana(), GIT)) == []


@pytest.mark.parametrize(
    ("place", "value", "thing", "what", "live"),
    [
        (f"{COVERAGE}.targets.0.expr", "up", ', panel 2 "Coverage (15m)"', "targets[0].expr", "up"),
        (
            f"{COVERAGE}.fieldConfig.defaults.max",
            250,
            ', panel 2 "Coverage (15m)"',
            "fieldConfig.defaults.max",
            250,
        ),
        (
            f"{COVERAGE}.fieldConfig.defaults.min",
            0,  # another than none
            ', panel 2 "Coverage (15m)"',
            "fieldConfig.defaults.min",
            0,
        ),
        (f"{COVERAGE}.gridPos.w", 3, ', panel 2 "Coverage (15m)"', "gridPos.w", 3),
        (f"{COVERAGE}.title", "Renamed", ', panel 2 "Coverage (15m)"', "title", "Renamed"),
        ("refresh", "5s", "", "refresh", "5s"),
        ("editable", True, "", "editable", None),  # true where it is missing
        ("schemaVersion", 36, "", "schemaVersion", "36"),
        ("templating.list.1.multi", False, ', variable "cluster"', "multi", None),
        (
            "annotations.list.1.iconColor",
            "blue",
            ', annotation "LLM usage alerts (critical)"',
            "iconColor",
            "blue",
        ),
        ("links.0.url", "/else", ', link "LLM usage alerts"', "url", "/else"),
    ],
)
def test_a_difference_is_told_by_its_place_and_is_the_only_one(
    place: str, value: object, thing: str, what: str, live: object
) -> None:
    (found,) = compare(changed(GIT, place, value), GIT)
    assert (found.thing, found.what, found.live) == (f"{NAME}{thing}", what, live)
    assert not found.remains


def test_panels_that_are_missing_or_theirs_are_told() -> None:
    live = copy.deepcopy(GIT)
    live["panels"] = [*live["panels"][:-1], MINE]
    missing, more = compare(live, GIT)
    last = GIT["panels"][-1]
    assert missing.thing.endswith(f'panel {last["id"]} "{last["title"]}"')
    assert missing.what == "is not there"
    assert (more.thing.endswith('panel 99 "Mine"'), more.remains) == (True, True)
    assert more.what.startswith("is not in Git (kept")


def test_panels_of_a_collapsed_row_are_compared_like_others() -> None:
    live = copy.deepcopy(GIT)
    row, *inner = live["panels"]
    live["panels"] = [{**row, "collapsed": True, "panels": inner}]
    (found,) = compare(live, GIT)
    assert found.what == "collapsed"


def test_what_is_saved_has_all_of_git_and_all_that_only_the_live_one_has() -> None:
    live = copy.deepcopy(GIT)
    live.update(id=3, version=12, title="Renamed")
    live["panels"] = [{"id": 77, "type": "row", "title": "Theirs", "panels": [MINE]}]
    live["templating"]["list"][1]["current"] = {"text": "a", "value": "a"}
    live["templating"]["list"].append({"name": "theirs", "type": "custom", "query": "1,2"})
    live["annotations"]["list"].append({"name": "Theirs", "enable": True})
    live["links"].append({"title": "Theirs", "url": "/"})
    before = json.dumps([live, GIT])
    saved = merged(live, GIT)
    assert json.dumps([live, GIT]) == before
    assert "id" not in saved
    assert saved["version"] == 12  # Grafana refuses it where another is live by then
    assert saved["title"] == GIT["title"]
    assert saved["panels"] == [*GIT["panels"], live["panels"][0]]
    assert saved["templating"]["list"][1]["current"] == {"text": "a", "value": "a"}
    for kind in ("templating", "annotations"):
        assert saved[kind]["list"][-1] == live[kind]["list"][-1]
    assert saved["links"][-1] == live["links"][-1]
    assert all(change.remains for change in compare(saved, GIT))


def test_a_panel_of_theirs_in_our_collapsed_row_is_kept() -> None:
    live = copy.deepcopy(GIT)
    row, *inner = live["panels"]
    live["panels"] = [{**row, "collapsed": True, "panels": [*inner, MINE]}]
    assert merged(live, GIT)["panels"] == [*GIT["panels"], MINE]


def test_grafanas_own_annotation_stays_as_people_set_it() -> None:
    live = copy.deepcopy(GIT)
    live["annotations"]["list"][0]["iconColor"] = "blue"
    saved = merged(live, GIT)["annotations"]["list"]
    assert [each["iconColor"] for each in saved if each.get("builtIn")] == ["blue"]
    assert len(saved) == len(GIT["annotations"]["list"])
