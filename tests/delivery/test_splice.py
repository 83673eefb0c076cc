"""Our row in a dashboard that people already have."""

import copy
import json
import random
import stat
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from config import Config, Dashboard, TokenSpike
from contract.durations import hours, minutes
from dashboards import dashboards
from delivery.splice import SpliceError, splice, spliced_text
from tests.conftest import Command

Json = dict[str, Any]

OURS = dashboards(Config())[0]
(OTHER,) = dashboards(
    Config(
        dashboard=Dashboard(coverage_window=minutes(30)),
        token_spike=TokenSpike(window=minutes(30), baseline=hours(12)),
    )
)
"""Ours with other windows, which stand in titles."""
ROW = OURS["panels"][0]["title"]
TITLES = [panel["title"] for panel in OURS["panels"]]


def _panel(number: int, x: int, y: int, h: int = 8, **more: Any) -> Json:
    place = {"x": x, "y": y, "w": 12, "h": h}
    return {
        "id": number,
        "type": "timeseries",
        "title": f"theirs {number}",
        "gridPos": place,
    } | more


def _row(number: int, y: int, **more: Any) -> Json:
    place = {"x": 0, "y": y, "w": 24, "h": 1}
    head = {"id": number, "type": "row", "title": f"row {number}", "gridPos": place}
    return head | {"collapsed": False, "panels": []} | more


def _theirs(**more: Any) -> Json:
    return {
        "uid": "compozy-monitoring",
        "title": "theirs",
        "schemaVersion": 39,
        "tags": ["team-a"],
        "editable": True,
        "version": 12,
        "panels": [
            *(_row(1, 0), _panel(2, 0, 1), _panel(3, 12, 1)),
            _row(4, 9, collapsed=True, panels=[_panel(5, 0, 10)]),
        ],
        "templating": {"list": [{"name": "team", "type": "custom", "query": "a,b"}]},
        "annotations": {"list": [{"name": "Deploys", "enable": True}]},
        "links": [{"title": "Wiki", "type": "link", "url": "http://wiki.example"}],
    } | more


def _without_row(dashboard: Json) -> list[Json]:
    return [panel for panel in dashboard["panels"] if panel.get("title") not in TITLES]


def _ids(dashboard: Json) -> list[int]:
    nested = [panel for each in dashboard["panels"] for panel in each.get("panels") or ()]
    return [panel["id"] for panel in (*dashboard["panels"], *nested)]


def _collisions(panels: list[Json]) -> list[tuple[str, str]]:
    def apart(one: Json, two: Json, start: str, size: str) -> bool:
        return bool(one[start] + one[size] <= two[start] or two[start] + two[size] <= one[start])

    return [
        (one["title"], two["title"])
        for one, two in combinations(panels, 2)
        if not any(
            apart(one["gridPos"], two["gridPos"], *side) for side in (("x", "w"), ("y", "h"))
        )
    ]


def test_the_row_comes_below_everything_and_the_rest_stays_as_it_was() -> None:
    theirs = _theirs()
    made = splice(theirs, OURS)
    assert made["panels"][:4] == theirs["panels"]
    assert [panel["title"] for panel in made["panels"][4:]] == TITLES
    assert made["panels"][4]["gridPos"]["y"] == 10
    for key in ("uid", "title", "schemaVersion", "tags", "editable", "version"):
        assert made[key] == theirs[key]
    assert made["templating"]["list"][0] == theirs["templating"]["list"][0]
    assert made["annotations"]["list"][0] == theirs["annotations"]["list"][0]
    assert made["links"][0] == theirs["links"][0]
    assert theirs == _theirs()


def test_our_own_dashboard_is_what_the_splice_would_make() -> None:
    assert splice(OURS, OURS) == OURS


def test_an_empty_dashboard_gets_everything() -> None:
    made = splice({"schemaVersion": 42, "panels": []}, OURS)
    assert made["panels"] == OURS["panels"]
    assert made["templating"] == OURS["templating"]
    assert made["links"] == OURS["links"]
    assert [each["name"] for each in made["annotations"]["list"]] == [
        each["name"] for each in OURS["annotations"]["list"][1:]
    ]


def test_ids_once_given_stay_when_other_numbers_become_free() -> None:
    first = splice(_theirs(), OURS)
    fewer = {**first, "panels": first["panels"][3:]}
    again = splice(fewer, OURS)
    assert [p["id"] for p in again["panels"]] == [p["id"] for p in fewer["panels"]]


def _older(lines: int) -> Json:
    """What an earlier version of ours left: other heights, one panel fewer, another query."""
    older = copy.deepcopy(OURS)
    del older["panels"][-1]
    for panel in older["panels"][1:]:
        panel["gridPos"]["h"] = lines
        panel["gridPos"]["y"] = 1 + (panel["id"] - 2) % 98 * lines
    older["panels"][1]["targets"][0]["expr"] = "old"
    return older


@pytest.mark.parametrize("lines", [1, 9])
def test_a_later_version_renews_the_row_in_place_and_what_is_below_moves(lines: int) -> None:
    first = splice(_theirs(), _older(lines))
    bottom = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in first["panels"])
    first["panels"] += [_row(90, bottom), _panel(91, 0, bottom + 1)]
    made = splice(first, OURS)
    assert made["panels"][:4] == _theirs()["panels"]
    assert [panel["title"] for panel in made["panels"][4:-2]] == TITLES
    ours_end = 10 + max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in OURS["panels"])
    assert [panel["gridPos"]["y"] for panel in made["panels"][-2:]] == [ours_end, ours_end + 1]
    assert (ours_end > bottom) == (lines == 1)  # down in one case, up in the other
    assert not _collisions(made["panels"])
    assert splice(made, OURS) == made


def test_a_panel_that_people_added_to_our_row_stays_in_it_below_ours() -> None:
    first = splice(_theirs(), _older(1))
    guest = _panel(70, 0, 12)
    first["panels"].append(guest)
    made = splice(first, OURS)
    bottom = 10 + max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in OURS["panels"])
    (kept,) = (panel for panel in made["panels"] if panel["id"] == 70)
    assert kept == {**guest, "gridPos": {**guest["gridPos"], "y": bottom}}
    assert not _collisions(made["panels"])
    assert splice(made, OURS) == made


def test_a_panel_of_theirs_in_our_row_stays_though_it_has_the_id_of_a_new_one_of_ours() -> None:
    first = splice(_theirs(panels=[]), _older(1))
    first["panels"].append(_panel(OURS["panels"][-1]["id"], 0, 50, title="mine"))
    made = splice(first, OURS)
    assert [panel["title"] for panel in made["panels"]] == [*TITLES, "mine"]
    assert len(set(_ids(made))) == len(_ids(made))
    assert splice(made, OURS) == made


def test_a_copy_of_our_panel_is_theirs() -> None:
    first = splice(_theirs(), OURS)
    copied = {**first["panels"][-1], "id": 200}
    copied["gridPos"] = {**copied["gridPos"], "y": 500}
    first["panels"].append(copied)
    assert copied in splice(first, OURS)["panels"]


@pytest.mark.parametrize("theirs", [_theirs(), _theirs(panels=[])])
def test_other_windows_renew_the_same_panels(theirs: Json) -> None:
    # Their titles are others then, and records of the old windows are no more.
    first = splice(theirs, OURS)
    made = splice(first, OTHER)
    assert _ids(made) == _ids(first)
    assert [panel["title"] for panel in made["panels"] if panel not in theirs["panels"]] == [
        panel["title"] for panel in OTHER["panels"]
    ]
    assert splice(made, OURS) == first


def test_a_panel_that_people_add_to_our_row_has_no_id_that_ours_may_get_later() -> None:
    # Grafana gives the number after the highest.
    ids = [panel["id"] for panel in OURS["panels"]]
    assert max(ids) % 100 == 0
    first = splice(_theirs(), OURS)
    guest = {**first["panels"][-1], "id": max(_ids(first)) + 1, "title": "ours, with more"}
    guest["gridPos"] = {**guest["gridPos"], "y": 500}
    first["panels"].append(guest)
    assert guest in splice(first, OURS)["panels"]


def test_a_row_that_people_closed_stays_closed_and_is_renewed_inside() -> None:
    first = splice(_theirs(), _older(9))
    head, *inside = first["panels"][4:]
    closed = {**head, "collapsed": True, "panels": inside}
    below = _row(90, 11)
    made = splice({**first, "panels": [*first["panels"][:4], closed, below]}, OURS)
    assert made["panels"][4]["collapsed"] is True
    assert [panel["title"] for panel in made["panels"][4]["panels"]] == TITLES[1:]
    assert made["panels"][5] == below
    assert splice(made, OURS) == made


def test_variables_are_merged_by_name_and_theirs_stay_as_they_were() -> None:
    job = {"name": "job", "type": "query", "definition": "label_values(up, job)", "multi": False}
    made = splice(_theirs(templating={"list": [job]}), OURS)
    names = [variable["name"] for variable in made["templating"]["list"]]
    assert made["templating"]["list"][0] == job
    assert sorted(names) == sorted(each["name"] for each in OURS["templating"]["list"])


def test_a_variable_of_ours_is_renewed_but_for_what_people_chose() -> None:
    first = splice(_theirs(), OURS)
    model = next(each for each in first["templating"]["list"] if each["name"] == "model")
    model |= {"allValue": "old", "current": {"text": ["m"], "value": ["m"]}, "hide": 1}
    made = splice(first, OURS)
    (renewed,) = (each for each in made["templating"]["list"] if each["name"] == "model")
    assert (renewed["allValue"], renewed["hide"]) == (".*", 1)
    assert renewed["current"] == {"text": ["m"], "value": ["m"]}


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ([1, 2], "is no classic dashboard of schemaVersion 36 or later (top: "),
        ({"meta": {}, "dashboard": {}}, "holds a dashboard below the key 'dashboard': save that"),
        ({"kind": "Dashboard", "spec": {}}, "holds a dashboard below the key 'spec'"),
        ({"schemaVersion": 42}, "or later (panels: "),
        ({"schemaVersion": 42, "panels": ["x"]}, "or later (panels.0: "),
        (_theirs(schemaVersion=35), "or later (schemaVersion: "),
        (_theirs(schemaVersion=None), "or later (schemaVersion: "),
        (_theirs(panels=[{"id": 1, "title": "t"}]), "or later (panels.0.gridPos: "),
        (
            _theirs(templating={"list": [{"name": "model", "type": "adhoc"}]}),
            "has a variable 'model' of the kind adhoc, and our panels need one of the kind values",
        ),
        (
            _theirs(
                templating={"list": [{"name": "datasource", "type": "datasource", "query": "loki"}]}
            ),
            "of the kind datasource loki, and our panels need one of the kind datasource prom",
        ),
    ],
)
def test_a_file_that_is_no_fitting_dashboard_is_told_with_the_way_out(
    theirs: Any, told: str
) -> None:
    with pytest.raises(SpliceError) as caught:
        splice(theirs, OURS)
    assert told in str(caught.value)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_they_have_stays_and_a_second_run_changes_nothing(seed: int) -> None:
    """Dashboards at random, spliced with a random earlier version first in half of the cases."""
    theirs = _random(random.Random(seed))  # noqa: S311  # no secret
    first = splice(theirs, _older(1 + seed % 12)) if seed % 2 else theirs
    made = splice(first, OURS)
    assert splice(made, OURS) == made
    assert len(set(_ids(made))) == len(_ids(made))
    assert not _collisions(made["panels"])
    assert _without_row(made) == theirs["panels"]
    assert (
        made["templating"]["list"][: len(theirs["templating"]["list"])]
        == (theirs["templating"]["list"])
    )


def _random(pick: random.Random) -> Json:
    """Rows, open and closed, with panels, whose ids are as Grafana gives them: any."""
    numbers = pick.sample(range(1, 300), 40)
    panels: list[Json] = []
    y = 0
    for _ in range(pick.randrange(5)):
        closed = pick.random() < 0.4
        inside = [
            _panel(numbers.pop(), 12 * (n % 2), y + 1 + 8 * (n // 2))
            for n in range(pick.randrange(5))
        ]
        panels.append(_row(numbers.pop(), y, collapsed=closed, panels=inside if closed else []))
        if not closed:
            panels += inside
        y += 1 if closed or not inside else 1 + 8 * ((len(inside) + 1) // 2)
    names = pick.sample(["team", "job", "model", "region"], pick.randrange(4))
    variables = [{"name": name, "type": "query", "definition": "up"} for name in names]
    return _theirs(panels=panels, templating={"list": variables})


def test_the_text_keeps_its_order_of_keys_its_indent_and_its_end() -> None:
    text = json.dumps(_theirs(), indent=4)
    made, notes = spliced_text(text, OURS)
    assert made.splitlines()[:2] == ["{", '    "uid": "compozy-monitoring",']
    assert not made.endswith("\n")
    assert spliced_text(made, OURS) == (made, notes)
    assert spliced_text(text + "\n", OURS)[0].endswith("}\n")


@pytest.mark.parametrize(("version", "times"), [(40, 1), (41, 0)])
def test_a_file_of_an_older_grafana_gets_a_note_on_what_that_does_not_show(
    version: int, times: int
) -> None:
    _, notes = spliced_text(json.dumps(_theirs(schemaVersion=version)), OURS)
    told = (
        f"of schemaVersion {version}, from before Grafana 12; marks of fired alerts: Grafana "
        "11.6.2 or 12.0.1 or later is needed to show all of it"
    )
    assert notes == times * [told]


def test_the_command_puts_the_row_in_once(tmp_path: Path, command: Command) -> None:
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps(_theirs(), indent=2))
    file.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(file)
    done = command("delivery", "splice", str(link))
    assert (done.returncode, done.stderr) == (0, "")
    assert "has the row LLM Usage Monitoring" in done.stdout
    assert json.loads(file.read_text()) == splice(_theirs(), OURS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    before = file.read_bytes()
    again = command("delivery", "splice", str(link))
    assert "nothing changed" in again.stdout
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda file: file.write_text("{"), "is no JSON"),
        (lambda file: file.write_bytes(b"\xff\xfe"), "is no text in UTF-8"),
        (lambda file: file.write_text("[]"), "is no classic dashboard"),
        (lambda _: None, "No such file"),
    ],
)
def test_the_command_leaves_what_it_cannot_use_untouched(
    tmp_path: Path, command: Command, write: Callable[[Path], object], told: str
) -> None:
    file = tmp_path / "theirs.json"
    write(file)
    before = file.read_bytes() if file.exists() else None
    done = command("delivery", "splice", str(file))
    assert done.returncode == 1
    assert done.stderr.startswith("splice: ")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert (file.read_bytes() if file.exists() else None) == before
    assert len(list(tmp_path.iterdir())) == (before is not None)
