"""Every query of every panel, on a real Prometheus with replayed history."""

import re
from dataclasses import replace
from typing import Any

import pytest

from contract.metrics import USAGE_LABELS, Component
from dashboards.alert_panels import FIRING, INACTIVE
from preview.queries import Series, View, resolve, run, run_target
from tests.dashboards.example import (
    BEGIN,
    DASHBOARD,
    HEALTHY,
    HOUR,
    MINUTE,
    VARIABLES,
    WHOLE,
    between,
    by_target,
    seen,
    target_of,
    titled,
)
from tools.http import PrometheusApi

SETTLED = BEGIN + 10 * MINUTE
"""From then on all records and windows of a new history are there, but for the baseline."""
BASELINE = BEGIN + HOUR + 30 * MINUTE
"""From then on the baseline is there as well: an hour of history, and what it waits for."""
HEALTHY_HOUR = View(HEALTHY.end - HOUR, HEALTHY.end, scrape=60)


def _asked(history: PrometheusApi, expr: str, view: View) -> list[Series]:
    """The series of a query that no panel has."""
    target = {"expr": expr, "legendFormat": "", "refId": "A"}
    return run_target(history, target, DASHBOARD, view)


@by_target
def test_a_query_has_series_without_holes_while_all_is_healthy_and_in_incidents(
    history: PrometheusApi, panel: dict[str, Any], target: dict[str, Any]
) -> None:
    view = replace(WHOLE, begin=BASELINE if "avg24h" in target["expr"] else SETTLED)
    found = run_target(history, target, DASHBOARD, view)
    assert found
    if panel["title"] == "Firing and recent alerts":
        return  # an alert is there as long as it is recent
    steps = set(view.moments)
    whole = [series for series in found if series.values.keys() == steps]
    # A series that the day brings, such as a model's first use, begins later.
    assert len(whole) > len(found) / 2
    wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    assert all(wanted <= series.labels.keys() for series in found)
    assert len({series.name for series in found}) == len(found) or panel["type"] == "table"


@pytest.mark.parametrize(
    ("title", "letter", "low", "high"),
    [
        ("Worst coverage (15m)", "A", 100, 100),
        ("Worst coverage (15m)", "B", 0, 0),
        ("Events by outcome", "A", 0, 0),
        ("Alerts", "A", INACTIVE, INACTIVE),
        ("Alerts", "B", INACTIVE, FIRING - 1),
        ("Alerts", "C", INACTIVE, INACTIVE),
        ("Last workflow event", "A", 0, 3),
        ("Latency (p95/p99)", "A", 1, 50),
        ("Latency (p95/p99)", "B", 1, 50),
    ],
)
def test_healthy_hours_show_nothing_but_good_values(
    history: PrometheusApi, title: str, letter: str, low: float, high: float
) -> None:
    for series in seen(history, title, letter, HEALTHY):
        values = between(series, SETTLED, HEALTHY.end)
        assert low <= min(values)
        assert max(values) <= high


def test_every_label_set_of_the_healthy_hours_has_its_line_and_its_row(
    history: PrometheusApi,
) -> None:
    expr = f"count by ({', '.join(USAGE_LABELS)}) (compozy_llm_usage_events_total)"
    label_sets = _label_sets(_asked(history, expr, replace(HEALTHY, begin=HEALTHY.end)))
    assert {component for component, _, _ in label_sets} == set(Component)
    for title in ("Coverage (15m)", "Failure Rate (5m)", "Worst coverage (15m)"):
        assert _label_sets(seen(history, title, "A", HEALTHY)) == label_sets


def _label_sets(found: list[Series]) -> set[tuple[str, ...]]:
    return {tuple(each.labels[label] for label in USAGE_LABELS) for each in found}


@pytest.mark.parametrize(("letter", "kind"), [("A", "prompt"), ("B", "completion")])
def test_the_tokens_are_those_of_the_scraped_counters(
    history: PrometheusApi, letter: str, kind: str
) -> None:
    view = View(BEGIN + HOUR, WHOLE.end, step=15 * MINUTE)
    (shown,) = run_target(history, target_of("Tokens (15m)", letter), DASHBOARD, view)
    (raw,) = _asked(history, f"sum(increase(compozy_llm_{kind}_tokens_total[15m]))", view)
    # Ours are what was counted, whole and ten seconds late; increase() extrapolates.
    assert sum(shown.values.values()) == pytest.approx(sum(raw.values.values()), rel=0.03)


def _choosing(**chosen: str) -> dict[str, Any]:
    """The dashboard where All is but what these regular expressions choose."""
    variables = [
        {**each, "allValue": chosen.get(name, each.get("allValue"))}
        for name, each in VARIABLES.items()
    ]
    return {**DASHBOARD, "templating": {"list": variables}}


def test_choosing_narrows_every_panel_that_can_be_narrowed(history: PrometheusApi) -> None:
    narrow = _choosing(provider="anthropic", component="(agent|task)")
    for title in ("Coverage (15m)", "Failure Rate (5m)", "Tokens against the 24h average"):
        found = run(history, titled(title), narrow, HEALTHY_HOUR)
        assert {series.labels["provider"] for series in found} == {"anthropic"}
        assert {series.labels["component"] for series in found} == {"agent", "task"}
    for title, chosen in (
        *((title, narrow) for title in ("Events by outcome", "Tokens (15m)", "Latency spread")),
        ("Events by outcome", _choosing(instance="replica-1:5001")),
    ):
        (*_, some), (*_, more) = (
            run(history, titled(title), each, HEALTHY_HOUR) for each in (chosen, DASHBOARD)
        )
        assert 0 < sum(some.values.values()) < sum(more.values.values())


def test_a_variable_offers_the_labels_values(history: PrometheusApi) -> None:
    expected: dict[str, set[str | None]] = {
        "cluster": {None},  # the history has no such label
        "job": {"compozy"},
        "instance": {"replica-1:5001", "replica-2:5001"},
        "component": set(Component),
        "provider": {"anthropic", "openai", "unknown"},
    }
    for name, values in expected.items():
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", VARIABLES[name]["definition"])
        assert found is not None
        expr = f"count by ({found[2]}) ({resolve(found[1], DASHBOARD, HEALTHY_HOUR)})"
        offered = history.query(expr, HEALTHY.end)
        assert {each["metric"].get(name) for each in offered} == values
