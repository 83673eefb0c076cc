"""The built dashboard, and what it shows of a history, for the tests of this folder."""

from dataclasses import replace
from typing import Any

import pytest

from config import Config
from dashboards import compozy_monitoring
from exporter_stub.catalogue import load_catalogue
from exporter_stub.scenarios import SCENARIOS, Scenario
from preview.queries import Series, View, run_target
from stack.history import END
from tools.http import PrometheusApi

HOUR, MINUTE = 3600, 60
CONFIG = Config()
DASHBOARD = compozy_monitoring.dashboard(CONFIG)
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
by_target = pytest.mark.parametrize(
    ("panel", "target"),
    [
        pytest.param(panel, target, id=f"{panel['title']} {target['refId']}")
        for panel in PANELS
        for target in panel["targets"]
    ],
)

_MODELS = {"gpt-4o-mini", "claude-3-5-haiku", "text-embedding-3-small", "llama-3.1-8b"}
_ALL = load_catalogue()
MODELS = _ALL.model_copy(update={"models": [it for it in _ALL.models if it.model in _MODELS]})
"""Busy and rare models, one without a completion and one of no known provider."""

BEGIN = END - 6 * HOUR
"""When the history begins that all tests share. It is healthy, apart from its incidents."""
SPIKE, OUTAGE, SILENCE = END - 4 * HOUR, END - 2 * HOUR, END - 29 * MINUTE
"""When its incidents begin: of claude-3-5-haiku, of all writes, of workflows."""
SPIKE_END, OUTAGE_END = SPIKE + 45 * MINUTE, OUTAGE + 30 * MINUTE
_BEGINS = {"token-spike": SPIKE, "outage": OUTAGE, "silence": SILENCE}
INCIDENTS = Scenario(
    "incidents, one after another",
    incidents=tuple(
        (END - begin, fault)
        for name, begin in _BEGINS.items()
        for _, fault in SCENARIOS[name].incidents
    ),
)
WHOLE = View(BEGIN, END, step=60, scrape=60)
HEALTHY = replace(WHOLE, end=SPIKE - MINUTE)


def by_title(panels: list[dict[str, Any]] = PANELS) -> pytest.MarkDecorator:
    """A test of each of these panels, called by its title."""
    return pytest.mark.parametrize("panel", panels, ids=lambda panel: panel["title"])


def titled(title: str) -> dict[str, Any]:
    """The panel of that title."""
    return next(panel for panel in PANELS if panel["title"] == title)


def target_of(title: str, letter: str) -> dict[str, Any]:
    """The query `letter` of the panel of that title."""
    found: dict[str, Any]
    (found,) = (each for each in titled(title)["targets"] if each["refId"] == letter)
    return found


def seen(history: PrometheusApi, title: str, letter: str = "A", view: View = WHOLE) -> list[Series]:
    """A query's series, by default over the whole history."""
    return run_target(history, target_of(title, letter), DASHBOARD, view)


def between(series: Series, begin: int, end: int) -> list[float]:
    """The values from `begin` to `end`, Unix seconds."""
    return [value for second, value in series.values.items() if begin <= second <= end]
