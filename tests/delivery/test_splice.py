"""Our row in a dashboard that people already have."""

import copy
from typing import Any

import pytest

from config import Config, Dashboard, TokenSpike
from contract.document import Json
from contract.durations import minutes
from contract.file import ConfigError
from dashboards import compozy_monitoring
from delivery.grafana_json import entries
from delivery.splice import splice
from tests.documents import cells, spoiled

OURS = compozy_monitoring.dashboard(Config())
GRAFANAS = {**OURS["annotations"]["list"][0], "iconColor": "a colour of theirs"}
"""The entry that Grafana itself puts into every dashboard."""
HALF = minutes(30)
OTHER = compozy_monitoring.dashboard(
    Config(dashboard=Dashboard(coverage_window=HALF), token_spike=TokenSpike(window=HALF))
)
"""Ours with other windows, which stand in titles."""
SMALL = {
    **OURS,
    "panels": OURS["panels"][:3],
    "templating": {"list": OURS["templating"]["list"][-1:]},
    "annotations": {"list": OURS["annotations"]["list"][:1]},
}
"""Ours with the row, two panels, a variable and an annotation."""
TITLES = [panel["title"] for panel in OURS["panels"]]


def a_panel(number: int | str, x: int, y: int, **more: Any) -> Json:
    head = {"id": number, "type": "timeseries", "title": f"theirs {number}"}
    return head | {"gridPos": {"x": x, "y": y, "w": 12, "h": 8}} | more


def a_row(number: int, y: int, **more: Any) -> Json:
    head = {"id": number, "type": "row", "title": f"row {number}", "collapsed": False, "panels": []}
    return head | {"gridPos": {"x": 0, "y": y, "w": 24, "h": 1}} | more


def their_dashboard(**more: Any) -> Json:
    return {
        "uid": "compozy-monitoring",
        "title": "theirs",
        "schemaVersion": 39,
        "tags": ["team-a"],
        "editable": True,
        "version": 12,
        "panels": [
            *(a_row(1, 0), a_panel(2, 0, 1), a_panel(3, 12, 1)),
            a_row(4, 9, collapsed=True, panels=[a_panel(5, 0, 10)]),
        ],
        "templating": {"list": [{"name": "team", "type": "custom", "query": "a,b"}]},
        "annotations": {"list": [{"name": "Deploys", "enable": True}, GRAFANAS]},
        "links": [{"title": "Wiki", "type": "link", "url": "http://wiki.example"}],
    } | more


def _ids(dashboard: Json) -> list[int]:
    nested = [panel for each in dashboard["panels"] for panel in each.get("panels") or ()]
    return [panel["id"] for panel in (*dashboard["panels"], *nested)]


def _bottom(dashboard: Json) -> int:
    return max((p["gridPos"]["y"] + p["gridPos"]["h"] for p in dashboard["panels"]), default=0)


def _check(made: Json) -> None:
    """A second run changes nothing, no id is there twice, and no cell of the grid is used twice."""
    assert splice(made, OURS) == made
    assert len(set(_ids(made))) == len(_ids(made))
    assert len(set(cells(made))) == len(cells(made))


def test_an_empty_dashboard_gets_everything_and_ours_has_it() -> None:
    assert splice(OURS, OURS) == OURS
    made = splice({"schemaVersion": 42, "panels": []}, OURS)
    for key in ("panels", "templating", "links"):
        assert made[key] == OURS[key]
    assert made["annotations"]["list"] == OURS["annotations"]["list"][1:]


def _older(lines: int) -> Json:
    """What an earlier version of ours left: other heights, one panel fewer, another query."""
    older = copy.deepcopy(OURS)
    del older["panels"][-1]
    for panel in older["panels"][1:]:
        panel["gridPos"]["h"] = lines
        panel["gridPos"]["y"] = 1 + (panel["id"] - 2) % 98 * lines
    older["panels"][1]["targets"][0]["expr"] = older["links"][0]["url"] = "old"
    return older


@pytest.mark.parametrize("lines", [1, 9])
def test_a_later_version_renews_the_row_in_place_and_what_is_below_moves(lines: int) -> None:
    first = splice(their_dashboard(), _older(lines))
    bottom = _bottom(first)
    taken = first["panels"][4]["id"] + OURS["panels"][-1]["id"] - OURS["panels"][0]["id"]
    first["panels"] += [a_row(90, bottom), a_panel(taken, 0, bottom + 1)]  # of a new one of ours
    made = splice(first, OURS)
    assert made["panels"][:4] == their_dashboard()["panels"]
    assert made["links"] == [*their_dashboard()["links"], *OURS["links"]]
    assert [panel["title"] for panel in made["panels"][4:-2]] == TITLES
    end = 10 + _bottom(OURS)
    assert [panel["gridPos"]["y"] for panel in made["panels"][-2:]] == [end, end + 1]
    assert (end > bottom) == (lines == 1)  # down in one case, up in the other
    _check(made)


@pytest.mark.parametrize("number", [70, OURS["panels"][-1]["id"]])
def test_a_panel_of_theirs_in_our_row_stays_below_ours_though_it_has_the_id_of_a_new_one_of_ours(
    number: int,
) -> None:
    first = splice(their_dashboard(panels=[]), _older(1))
    guest, lower = a_panel(number, 0, 12), a_panel(71, 0, 20)
    first["panels"] = [lower, *first["panels"], guest]  # a file may have them in any order
    made = splice(first, OURS)
    for panel, y in ((guest, _bottom(OURS)), (lower, _bottom(OURS) + 8)):
        panel["gridPos"] = {**panel["gridPos"], "y": y}
    assert made["panels"][-2:] == [guest, lower]
    assert [panel["title"] for panel in made["panels"][:-2]] == TITLES
    _check(made)


def test_a_copy_of_our_panel_is_theirs_and_has_no_id_that_ours_may_get_later() -> None:
    assert max(panel["id"] for panel in OURS["panels"]) % 100 == 0
    first = splice(their_dashboard(), OURS)
    copied = copy.deepcopy(first["panels"][-1])
    copied["id"] = max(_ids(first)) + 1  # as Grafana gives it
    copied["gridPos"]["y"] = 500
    first["panels"].append(copied)
    assert copied in splice(first, OURS)["panels"]


@pytest.mark.parametrize("theirs", [their_dashboard(), their_dashboard(panels=[])])
def test_other_windows_renew_the_same_panels_whose_ids_stay_when_other_numbers_become_free(
    theirs: Json,
) -> None:
    # Their titles are others then, and records of the old windows are no more.
    first = splice(theirs, OURS)
    alone = {**first, "panels": first["panels"][len(theirs["panels"]) :]}
    made = splice(alone, OTHER)
    assert _ids(made) == _ids(alone)
    assert [panel["title"] for panel in made["panels"]] == [it["title"] for it in OTHER["panels"]]
    assert splice(made, OURS) == alone


def test_a_row_that_people_closed_stays_closed_and_is_renewed_inside() -> None:
    first = splice(their_dashboard(), _older(9))
    head, *inside = first["panels"][4:]
    closed = {**head, "collapsed": True, "panels": inside}
    below = [a_row(90, 11), a_row(91, 500)]
    made = splice({**first, "panels": [*first["panels"][:4], closed, *below]}, OURS)
    assert made["panels"][4]["collapsed"] is True
    assert [panel["title"] for panel in made["panels"][4]["panels"]] == TITLES[1:]
    assert made["panels"][5:] == below
    _check(made)


def test_variables_are_merged_by_name_and_ours_are_renewed_but_for_what_people_chose() -> None:
    job = {"name": "job", "type": "query", "definition": "label_values(up, job)", "multi": False}
    # A copy, since it would share its variables with ours, and the change below would be in both.
    first = copy.deepcopy(splice(their_dashboard(templating={"list": [job]}), OURS))
    assert first["templating"]["list"][0] == job
    chosen = {"current": {"text": ["m"], "value": ["m"]}, "hide": 1}
    first["templating"]["list"][-1] |= {"allValue": "old", **chosen}
    found = {each["name"]: each for each in splice(first, OURS)["templating"]["list"]}
    ours = {each["name"]: each for each in OURS["templating"]["list"]}
    assert found == {**ours, "job": job, "model": {**ours["model"], **chosen}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schemaVersion": 35}, "schemaVersion: must be greater than or equal to 36"),
        ({"panels": None}, "panels: is required\nit must be a classic dashboard of schemaVersion "),
        ({"panels": [{"id": 1, "title": "t"}]}, "panels.0.gridPos: is required\n"),
        ({"panels": [a_panel("1", 0, 0)]}, "panels.0.id: must be a whole number"),
        ({"templating": {"list": "x"}}, "templating.list: must be a list"),
        ({"annotations": [1]}, "annotations: must be a mapping"),
        ({"links": ["x"]}, "links: must be a mapping, not 'x'\n"),
        ({"templating": {"list": [{"name": "model", "type": "adhoc"}]}}, "the kind adhoc, and our"),
        ({"templating": {"list": [{"name": "datasource", "type": "datasource"}]}}, "source None, "),
    ],
)
def test_a_dashboard_that_does_not_fit_is_told_by_its_key_or_variable(
    change: Json, told: str
) -> None:
    with pytest.raises(ConfigError, match="the dashboard: ") as caught:
        splice(their_dashboard(**change), OURS)
    assert told in str(caught.value)


@pytest.mark.parametrize("theirs", [their_dashboard(), splice(their_dashboard(), SMALL)])
def test_a_value_of_another_form_anywhere_is_told_or_kept_and_never_a_traceback(
    theirs: Json,
) -> None:
    refused = 0
    for document in spoiled(theirs):
        try:
            splice(document, SMALL)
        except ConfigError:
            refused += 1
    assert refused


@pytest.mark.parametrize("lines", [None, 1, 9])
@pytest.mark.parametrize(
    "theirs",
    [
        their_dashboard(),  # with numbers that our panels have as well
        their_dashboard(panels=[]),
        their_dashboard(
            panels=[
                a_row(207, 0, collapsed=True, panels=[a_panel(100, 0, 1), a_panel(12, 12, 1)]),
                *(a_row(11, 1), a_row(9, 2), a_panel(101, 12, 3), a_panel(1, 0, 11)),
            ],
            templating={"list": [{"name": "job", "type": "query", "definition": "up"}], "x": 1},
        ),
    ],
)
def test_the_row_comes_below_everything_and_the_rest_stays_as_it_was(
    theirs: Json, lines: int | None
) -> None:
    """Also where an earlier version, with panels of so many lines, was there before."""
    before = copy.deepcopy(theirs)
    made = splice(splice(theirs, _older(lines)) if lines else theirs, OURS)
    _check(made)
    assert theirs == before
    count = len(theirs["panels"])
    assert [panel["title"] for panel in made["panels"][count:]] == TITLES
    assert made["panels"][count]["gridPos"]["y"] == _bottom(theirs)
    for part in ("templating", "annotations", "panels", "links"):
        mine = entries(theirs, part)
        assert entries(made, part)[: len(mine)] == mine
        made[part] = mine if part in {"panels", "links"} else {**made[part], "list": mine}
    assert made == theirs
