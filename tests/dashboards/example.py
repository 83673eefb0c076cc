"""The built dashboard, for the tests of this folder."""

from typing import Any

import pytest

from config import Config
from dashboards import dashboards

CONFIG = Config()
DASHBOARD = dashboards(CONFIG)[0]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
by_title = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
by_target = pytest.mark.parametrize(
    ("panel", "target"),
    [
        pytest.param(panel, target, id=f"{panel['title']} {target['refId']}")
        for panel in PANELS
        for target in panel["targets"]
    ],
)


def titled(title: str) -> dict[str, Any]:
    """The panel of that title."""
    found: dict[str, Any]
    (found,) = (panel for panel in PANELS if panel["title"] == title)
    return found


def parsable(expr: str) -> str:
    """`expr` with a value for each of Grafana's own intervals; variables in strings may stay."""
    return expr.replace("$__rate_interval", "5m").replace("$__range", "6h")
