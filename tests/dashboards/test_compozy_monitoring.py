import json
import re
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard

from config import ALERT_NAMES, Config, IngestionFailures, TokenSpike
from contract.metrics import USAGE_LABELS
from dashboards import compozy_monitoring
from tests.dashboards.example import CONFIG, DASHBOARD, PANELS, by_title, titled
from tests.documents import cells, changed, lost_by_grafana

IDS = {
    "LLM Usage Monitoring": 1,
    "Coverage (15m)": 2,
    "Failure Rate (5m)": 3,
    "Latency (p95/p99)": 4,
    "Alerts": 5,
    "Last workflow event": 6,
    "Worst coverage (15m)": 7,
    "Events by outcome": 8,
    "Tokens (15m)": 9,
    "Tokens against the 24h average": 10,
    "Latency spread": 11,
    "Top models by tokens": 12,
    "Firing and recent alerts": 100,
}
"""People link to a panel by its number: none ever changes. A new panel takes the next hundred: to a
panel that people add to our row Grafana gives the number after the highest."""


def test_every_panel_keeps_its_id() -> None:
    assert {panel["title"]: panel["id"] for panel in DASHBOARD["panels"]} == IDS


def test_the_row_and_its_panels_stand_in_reading_order_and_fill_the_grid() -> None:
    assert DASHBOARD["panels"][0]["type"] == "row"
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    corners = [(place["y"], place["x"]) for place in places]
    assert corners == sorted(corners)
    bottom = max(place["y"] + place["h"] for place in places)
    assert cells(DASHBOARD) == list(product(range(24), range(bottom)))


def test_grafanas_schema_reads_the_dashboard_back_and_loses_only_what_it_does_not_know() -> None:
    assert lost_by_grafana(Dashboard, DASHBOARD) == []
    for place in ("style", "panels.4.options.legend.rightSide", "templating.list.1.useTags"):
        assert lost_by_grafana(Dashboard, changed(DASHBOARD, place, "x")) == [place]


@by_title()
def test_a_description_says_what_good_looks_like_and_what_to_do(panel: dict[str, Any]) -> None:
    good, _, to_do = panel["description"].partition("Good is ")
    assert len(good) > 20
    assert len(to_do) > 60


@pytest.mark.parametrize(
    ("title", "alerts", "variable"),
    [
        ("Alerts", ALERT_NAMES, ""),
        ("Coverage (15m)", [IngestionFailures.name], "__field.labels.{}"),
        ("Failure Rate (5m)", [IngestionFailures.name], "__field.labels.{}"),
        ("Tokens against the 24h average", [TokenSpike.name], "__field.labels.{}"),
        ("Worst coverage (15m)", [IngestionFailures.name], "__data.fields.{}"),
    ],
)
def test_a_click_leads_to_the_alert_of_its_label_set_and_to_its_runbook(
    title: str, alerts: list[str], variable: str
) -> None:
    text = json.dumps(titled(title)["fieldConfig"])
    found = [unquote(url) for url in re.findall(r'"url": "([^"]+)"', text)]
    table = titled(title)["type"] == "table"  # its columns are named with a capital
    fields = [name.capitalize() if table else name for name in USAGE_LABELS]
    labels = "".join(
        f" label:{name}=${{{variable.format(field)}}}"
        for name, field in zip(USAGE_LABELS, fields, strict=True)
    )
    leads = {
        alert: f"/alerting/list?search=rule:{alert}{labels * bool(variable)}" for alert in alerts
    }
    runbooks = [] if table else [CONFIG.runbook_url(alert) for alert in alerts]
    assert sorted(found) == sorted([*leads.values(), *runbooks])


def test_all_jobs_are_those_of_the_configuration_and_no_others() -> None:
    # Grafana puts the value between quotes of PromQL as it is.
    config = Config(jobs=("a.b", "c"))
    variables = compozy_monitoring.dashboard(config)["templating"]["list"]
    (job,) = (each for each in variables if each["name"] == "job")
    assert job["allValue"] == r"a\\.b|c"
    assert config.scraped("up") == r'up{job=~"a\\.b|c"}'


def test_every_limit_that_is_drawn_comes_from_the_configuration() -> None:
    other = Config(
        failures=replace(CONFIG.failures, threshold=0.037),
        token_spike=replace(CONFIG.token_spike, factor=7.5),
        zero_traffic=replace(CONFIG.zero_traffic, window=17 * CONFIG.evaluation_interval),
        dashboard=replace(CONFIG.dashboard, coverage_target_percent=77.5, latency_target_ms=321),
    )
    limits = [_limits(panel) for panel in PANELS]
    changed = [_limits(panel) for panel in compozy_monitoring.dashboard(other)["panels"][1:]]
    assert not any(one & two for one, two in zip(limits, changed, strict=True))
    assert sum(len(each) for each in changed) == 8


def _limits(panel: dict[str, Any]) -> set[float]:
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return {step["value"] for step in steps if step["value"] is not None}
