"""The format is Grafana's own: its schema reads the dashboard back, and nothing is lost."""

import copy
import json
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.dashboards.example import DASHBOARD, PANELS
from tests.documents import changed, lost

WRITTEN = json.loads(json.dumps(DASHBOARD))
(STAT,) = (f"panels.{1 + i}" for i, panel in enumerate(PANELS) if panel["type"] == "stat")


def _read_back(dashboard: dict[str, Any]) -> Any:
    register_default_plugins()
    read = Dashboard.from_json(copy.deepcopy(dashboard))
    return json.loads(json.dumps(read, cls=JSONEncoder))


def test_grafanas_schema_reads_the_dashboard_back_without_loss() -> None:
    assert list(lost(WRITTEN, _read_back(WRITTEN), "dashboard")) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("style", "dark"),
        ("panels.4.options.legend.rightSide", True),
        ("panels.4.targets.0.step", 10),
        ("templating.list.1.useTags", False),
    ],
)
def test_a_field_that_the_schema_does_not_know_is_told(place: str, value: object) -> None:
    broken = changed(WRITTEN, place, value)
    (missing,) = lost(broken, _read_back(broken), "")
    assert missing.replace("[", ".").replace("]", "") == f".{place}"


@pytest.mark.parametrize(
    ("dashboard", "lacks"),
    [
        (WRITTEN, False),
        (changed(WRITTEN, f"{STAT}.fieldConfig.defaults.mappings.0.options.to", None), True),
    ],
)
def test_what_grafana_writes_as_null_stands_in_ours_as_well(
    dashboard: dict[str, Any], *, lacks: bool
) -> None:
    # Its other additions are defaults; a null is a field that must be there and may be empty.
    assert ("null" in json.dumps(_without(_read_back(dashboard), dashboard))) == lacks


def _without(theirs: Any, ours: Any) -> Any:
    """What `theirs` says, and `ours` does not."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {
            key: _without(each, ours[key]) if key in ours else each for key, each in theirs.items()
        }
    if isinstance(theirs, list) and isinstance(ours, list):
        return [_without(*pair) for pair in zip(theirs, ours, strict=True)]
    return ""
