import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from sync.checkout import Checkout
from sync.comparison import Change
from sync.grafana_dashboards import compare, merged
from tools import ROOT

Json = dict[str, Any]
MINE: Json = {
    "id": 99,
    "type": "text",
    "title": "Mine",
    "gridPos": {"h": 4, "w": 24, "x": 0, "y": 90},
}


@pytest.fixture
def git() -> Json:
    (found,) = Checkout(ROOT).dashboards()
    return found


def _panel(dashboard: Json, title: str) -> Json:
    (found,) = (panel for panel in dashboard["panels"] if panel["title"] == title)
    panel: Json = found
    return panel


def _saved_by_grafana(dashboard: Json) -> None:
    """What Grafana itself does to a dashboard that it saves and lifts to its version."""
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


@pytest.mark.parametrize("change", [lambda _: None, _saved_by_grafana])
def test_what_grafana_adds_and_people_choose_is_no_difference(
    git: Json, change: Callable[[Json], None]
) -> None:
    live = copy.deepcopy(git)
    change(live)
    assert list(compare(live, git)) == []


COVERAGE = 'dashboard compozy-monitoring, panel 2 "Coverage (15m)"'


@pytest.mark.parametrize(
    ("change", "thing", "what", "live"),
    [
        pytest.param(
            lambda d: _panel(d, "Coverage (15m)")["targets"][0].update(expr="up"),
            COVERAGE,
            "targets[0].expr",
            "up",
            id="a query",
        ),
        pytest.param(
            lambda d: _panel(d, "Coverage (15m)")["fieldConfig"]["defaults"].update(max=250),
            COVERAGE,
            "fieldConfig.defaults.max",
            250,
            id="an option more",
        ),
        pytest.param(
            lambda d: _panel(d, "Coverage (15m)")["gridPos"].update(w=3),
            COVERAGE,
            "gridPos.w",
            3,
            id="a place",
        ),
        pytest.param(
            lambda d: _panel(d, "Coverage (15m)").update(title="Renamed"),
            COVERAGE,
            "title",
            "Renamed",
            id="a title",
        ),
        pytest.param(
            lambda d: d.update(refresh="5s"),
            "dashboard compozy-monitoring",
            "refresh",
            "5s",
            id="a setting",
        ),
        pytest.param(
            lambda d: d.update(editable=True),
            "dashboard compozy-monitoring",
            "editable",
            None,
            id="a setting that is true where it is missing",
        ),
        pytest.param(
            lambda d: d.update(schemaVersion=36),
            "dashboard compozy-monitoring",
            "schemaVersion",
            "36",
            id="an older format",
        ),
        pytest.param(
            lambda d: d["templating"]["list"][1].update(multi=False),
            'dashboard compozy-monitoring, variable "cluster"',
            "multi",
            None,
            id="a variable",
        ),
        pytest.param(
            lambda d: d["annotations"]["list"][1].update(iconColor="blue"),
            'dashboard compozy-monitoring, annotation "LLM usage alerts (critical)"',
            "iconColor",
            "blue",
            id="an annotation",
        ),
        pytest.param(
            lambda d: d["links"][0].update(url="/elsewhere"),
            'dashboard compozy-monitoring, link "LLM usage alerts"',
            "url",
            "/elsewhere",
            id="a link",
        ),
    ],
)
def test_a_difference_is_told_by_its_place_and_is_the_only_one(
    git: Json, change: Callable[[Json], Any], thing: str, what: str, live: Any
) -> None:
    changed = copy.deepcopy(git)
    change(changed)
    (found,) = compare(changed, git)
    assert (found.thing, found.what, found.live) == (thing, what, live)
    assert not found.by_hand


def test_a_minimum_of_0_is_another_than_none(git: Json) -> None:
    live = copy.deepcopy(git)
    (panel,) = (p for p in live["panels"] if p["title"] == "Coverage (15m)")
    had = panel["fieldConfig"]["defaults"].pop("min", None)
    panel["fieldConfig"]["defaults"] |= {} if had == 0 else {"min": 0}
    (found,) = compare(live, git)
    assert found.what == "fieldConfig.defaults.min"


def test_panels_that_are_missing_or_theirs_are_told(git: Json) -> None:
    live = copy.deepcopy(git)
    live["panels"] = [*live["panels"][:-1], MINE]
    missing, more = compare(live, git)
    last = git["panels"][-1]
    assert missing.thing.endswith(f'panel {last["id"]} "{last["title"]}"')
    assert missing.what == "is not there"
    assert (more.thing.endswith('panel 99 "Mine"'), more.by_hand) == (True, True)
    assert more.what.startswith("is not in Git (kept")


def test_panels_of_a_collapsed_row_are_compared_like_others(git: Json) -> None:
    live = copy.deepcopy(git)
    row, *inner = live["panels"]
    live["panels"] = [{**row, "collapsed": True, "panels": inner}]
    (found,) = compare(live, git)
    assert found.what == "collapsed"


def _told(live: Json, git: Json) -> list[Change]:
    return [change for change in compare(live, git) if not change.by_hand]


def test_what_is_saved_has_all_of_git_and_all_that_only_the_live_one_has(git: Json) -> None:
    live = copy.deepcopy(git)
    live.update(id=3, version=12, title="Renamed")
    live["panels"] = [{"id": 77, "type": "row", "title": "Theirs", "panels": [MINE]}]
    live["templating"]["list"][1]["current"] = {"text": "a", "value": "a"}
    live["templating"]["list"].append({"name": "theirs", "type": "custom", "query": "1,2"})
    live["annotations"]["list"].append({"name": "Theirs", "enable": True})
    live["links"].append({"title": "Theirs", "url": "/"})
    before = json.dumps([live, git])
    saved = merged(live, git)
    assert json.dumps([live, git]) == before
    assert "id" not in saved
    assert saved["version"] == 12  # Grafana refuses it where another is live by then
    assert saved["title"] == git["title"]
    assert saved["panels"] == [*git["panels"], live["panels"][0]]
    assert saved["templating"]["list"][1]["current"] == {"text": "a", "value": "a"}
    for kind in ("templating", "annotations"):
        assert saved[kind]["list"][-1] == live[kind]["list"][-1]
    assert saved["links"][-1] == live["links"][-1]
    assert _told(saved, git) == []


def test_a_panel_of_theirs_in_our_collapsed_row_is_kept(git: Json) -> None:
    live = copy.deepcopy(git)
    row, *inner = live["panels"]
    live["panels"] = [{**row, "collapsed": True, "panels": [*inner, MINE]}]
    assert merged(live, git)["panels"] == [*git["panels"], MINE]


def test_grafanas_own_annotation_stays_as_people_set_it(git: Json) -> None:
    live = copy.deepcopy(git)
    live["annotations"]["list"][0]["iconColor"] = "blue"
    saved = merged(live, git)["annotations"]["list"]
    assert [each["iconColor"] for each in saved if each.get("builtIn")] == ["blue"]
    assert len(saved) == len(git["annotations"]["list"])
