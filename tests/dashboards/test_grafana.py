"""The format is Grafana's own: its schema reads the dashboard back, and nothing is lost."""

import copy
import json
from typing import Any

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


def test_grafanas_schema_reads_the_dashboard_back_and_loses_only_what_it_does_not_know() -> None:
    assert list(lost(WRITTEN, _read_back(WRITTEN), "dashboard")) == []
    for place in ("style", "panels.4.options.legend.rightSide", "templating.list.1.useTags"):
        unknown = changed(WRITTEN, place, "x")
        (missing,) = lost(unknown, _read_back(unknown), "")
        assert missing.replace("[", ".").replace("]", "") == f".{place}"


def test_what_grafana_writes_as_null_stands_in_ours_as_well() -> None:
    # Its other additions are defaults; a null is a field that must be there and may be empty.
    assert "null" not in json.dumps(_without(_read_back(WRITTEN), WRITTEN))
    lacking = changed(WRITTEN, f"{STAT}.fieldConfig.defaults.mappings.0.options.to", None)
    assert "null" in json.dumps(_without(_read_back(lacking), lacking))


def _without(theirs: Any, ours: Any) -> Any:
    """What `theirs` says, and `ours` does not."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {
            key: _without(each, ours[key]) if key in ours else each for key, each in theirs.items()
        }
    if isinstance(theirs, list) and isinstance(ours, list):
        return [_without(*pair) for pair in zip(theirs, ours, strict=True)]
    return ""
