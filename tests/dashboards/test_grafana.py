"""The format is Grafana's own: its schema reads the dashboard back, and nothing is lost."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.dashboards.example import DASHBOARD, by_target, by_title
from tests.documents import lost

OBSOLETE = {"__inputs", "rows", "style", "sharedCrosshair", "hideControls", "gnetId"}


def _read_back(dashboard: dict[str, Any]) -> Any:
    register_default_plugins()
    read = Dashboard.from_json(copy.deepcopy(dashboard))
    return json.loads(json.dumps(read, cls=JSONEncoder))


def test_grafanas_schema_reads_the_dashboard_back_without_loss() -> None:
    written = json.loads(json.dumps(DASHBOARD))
    assert list(lost(written, _read_back(written), "dashboard")) == []


def test_what_grafana_writes_as_null_stands_in_ours_as_well() -> None:
    # Its other additions are defaults; a null is a field that must be there and may be empty.
    written = json.loads(json.dumps(DASHBOARD))
    added = dict(_added(written, _read_back(written)))
    assert [path for path, value in added.items() if value is None] == []
    range_end = {**written, "panels": [copy.deepcopy(each) for each in written["panels"]]}
    del _mapping(range_end)["to"]
    assert None in dict(_added(range_end, _read_back(range_end))).values()


def _mapping(dashboard: dict[str, Any]) -> dict[str, Any]:
    (panel,) = (each for each in dashboard["panels"] if each["type"] == "stat")
    options: dict[str, Any] = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    return options


def _added(ours: Any, theirs: Any, path: str = "dashboard") -> Iterator[tuple[str, Any]]:
    """What `theirs` says, and `ours` does not."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in theirs.items():
            if key not in ours:
                yield f"{path}.{key}", value
            else:
                yield from _added(ours[key], value, f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _added(mine, other, f"{path}[{index}]")


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (("style",), "dark", "dashboard.style"),
        (("panels", 4, "options", "legend", "rightSide"), True, ".options.legend.rightSide"),
        (("panels", 4, "targets", 0, "step"), 10, ".targets[0].step"),
        (("templating", "list", 1, "useTags"), False, "dashboard.templating.list[1].useTags"),
    ],
)
def test_a_field_that_the_schema_does_not_know_is_told(
    place: tuple[str | int, ...], value: object, told: str
) -> None:
    broken = json.loads(json.dumps(DASHBOARD))
    *way, last = place
    target = broken
    for key in way:
        target = target[key]
    target[last] = value
    (missing,) = lost(broken, _read_back(broken), "dashboard")
    assert missing.endswith(told)


def test_the_dashboard_is_one_that_todays_grafana_stores() -> None:
    assert DASHBOARD["uid"] == "compozy-monitoring"
    assert DASHBOARD["schemaVersion"] == 42
    assert DASHBOARD["editable"] is False
    assert DASHBOARD["graphTooltip"] == 1
    assert not OBSOLETE & DASHBOARD.keys()


@by_title
def test_a_panel_says_which_version_of_its_plugin_its_options_are_of(panel: dict[str, Any]) -> None:
    assert panel["pluginVersion"] == "12.4.0"
    assert not {"editable", "error", "id_", "span", "height"} & panel.keys()


@by_target
def test_a_target_has_todays_fields_and_no_other(
    panel: dict[str, Any], target: dict[str, Any]
) -> None:
    assert target.keys() == {
        *("datasource", "editorMode", "expr", "format", "instant", "legendFormat", "range"),
        "refId",
    }
    assert target["datasource"] == panel["datasource"]
    assert target["instant"] is not target["range"]


@by_title
def test_the_targets_of_a_panel_have_letters_of_their_own(panel: dict[str, Any]) -> None:
    assert [target["refId"] for target in panel["targets"]] == list("ABCD")[: len(panel["targets"])]
