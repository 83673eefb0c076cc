"""The built dashboard, and what it shows of a history, for the tests of this folder."""

from typing import Any

import pytest

from config import Config
from dashboards import compozy_monitoring
from preview.results import Series, run_target
from stack.replay import HISTORIES
from tests.conftest import Played

HOUR, MINUTE = 3600, 60
CONFIG = Config()
DASHBOARD = compozy_monitoring.dashboard(CONFIG)
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


def seen(history: Played, scenario: str, title: str, letter: str = "A") -> list[Series]:
    """A query's series over the whole history."""
    made = history(scenario)
    (target,) = (each for each in titled(title)["targets"] if each["refId"] == letter)
    view = HISTORIES[scenario].view(made)
    return run_target(made.api, target, DASHBOARD, view)


def between(series: Series, begin: int, end: int) -> list[float]:
    """The values from `begin` to `end`, Unix seconds."""
    return [value for second, value in series.values.items() if begin <= second <= end]
