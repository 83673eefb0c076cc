"""The panels' own expressions, on the rule engine, with the rules that they read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.targets import ALERTS
from preview.resolve import View, resolve
from tests.dashboards.example import DASHBOARD, titled
from tools import ROOT
from tools.promtool import Promtool

HOUR = View(begin=0, end=3600)
TARGET = 'job="compozy", instance="a:5001"'
LABEL_SET = 'component="task", provider="openai", model="m"'


def _label_set(component: str) -> str:
    return LABEL_SET.replace("task", component)


def _counts(label_set: str, success: str, failure: str | None = None) -> dict[str, str]:
    events = f"compozy_llm_usage_events_total{{{TARGET}, {label_set}, outcome"
    series = {f'{events}="success"}}': success}
    if failure is not None:
        series[f'{events}="failure"}}'] = failure
        series[f"compozy_llm_usage_failures_total{{{TARGET}, {label_set}}}"] = failure
    return series


HEALTHY = _counts(LABEL_SET, "0+10x60")
IDLE = _counts(LABEL_SET, "500x60")
FAILING = _counts(LABEL_SET, "0+8x60", "0+2x60")
OTHER_FAILS = {**HEALTHY, **_counts(_label_set("agent"), "0+8x60", "0+2x60")}
BUCKET = f'compozy_llm_usage_latency_seconds_bucket{{{TARGET}, {LABEL_SET}, outcome="success", le'
QUICK = {f'{BUCKET}="0.001"}}': "0+10x60", f'{BUCKET}="+Inf"}}': "0+10x60"}
SILENT = _counts(_label_set("workflow"), "0+1x20 20x40")
NEVER = _counts(_label_set("workflow"), "0x60")


@pytest.mark.parametrize(
    ("title", "series", "values"),
    [
        ("Coverage (15m)", HEALTHY, {LABEL_SET: 100}),
        ("Coverage (15m)", IDLE, {LABEL_SET: 100}),
        ("Coverage (15m)", FAILING, {LABEL_SET: 80}),
        ("Coverage (15m)", OTHER_FAILS, {LABEL_SET: 100, _label_set("agent"): 80}),
        ("Failure Rate (5m)", HEALTHY, {LABEL_SET: 0}),
        ("Failure Rate (5m)", IDLE, {LABEL_SET: 0}),
        ("Failure Rate (5m)", FAILING, {LABEL_SET: 20}),
        ("Failure Rate (5m)", OTHER_FAILS, {LABEL_SET: 0, _label_set("agent"): 20}),
        ("Worst coverage (15m)", OTHER_FAILS, {LABEL_SET: 100, _label_set("agent"): 80}),
        ("Latency (p95/p99)", QUICK, {"": 0.95}),
        ("Last workflow event", SILENT, {"": 39}),
        ("Last workflow event", HEALTHY, {"": 1440}),  # tasks alone: no workflow in the last day
        ("Last workflow event", NEVER, {}),  # nothing is recorded, so nothing is known
        ("Last workflow event", {}, {}),
        ("Alerts", HEALTHY, {"": 0}),
        ("Alerts", FAILING, {"": 2}),
        ("Alerts", {}, {}),  # nothing is evaluated, so nothing is known to be inactive
        ("Events by outcome", FAILING, {"": 2}),
        ("Events by outcome", HEALTHY, {"": 0}),  # failures, where nothing ever failed
        ("Events by outcome", {}, {"": 0}),
    ],
)
def test_a_panel_shows_what_its_series_say_and_has_no_hole(
    tmp_path: Path, title: str, series: dict[str, str], values: dict[str, float]
) -> None:
    expr = resolve(titled(title)["targets"][0]["expr"], DASHBOARD, HOUR)
    _expect(tmp_path, expr, series, values)


def test_choosing_a_component_leaves_the_others_out(tmp_path: Path) -> None:
    view = View(begin=0, end=3600, chosen={"component": ["agent", "workflow"]})
    expr = resolve(titled("Coverage (15m)")["targets"][0]["expr"], DASHBOARD, view)
    _expect(tmp_path, expr, OTHER_FAILS, {_label_set("agent"): 80})


def test_the_latency_is_the_one_of_the_query_that_users_know(tmp_path: Path) -> None:
    ours = resolve(titled("Latency (p95/p99)")["targets"][0]["expr"], DASHBOARD, HOUR)
    known = (
        "histogram_quantile(0.95, sum by (le) "
        "(rate(compozy_llm_usage_latency_seconds_bucket[5m]))) * 1000"
    )
    slow = {name.replace("0.001", "0.5"): values for name, values in QUICK.items()}
    for series in (QUICK, slow, {**slow, **QUICK}):
        value = 475 if series is slow else 0.95
        for expr in (ours, known):
            _expect(tmp_path, expr, series, {"": value})


def _expect(folder: Path, expr: str, series: dict[str, str], values: dict[str, float]) -> None:
    """`expr` is `values`, by labels, after an hour of `series` under our rules."""
    case: dict[str, Any] = {
        "expr": f"round({expr}, 0.01)",
        "eval_time": "1h",
        "exp_samples": [
            {"labels": f"{{{labels}}}", "value": value} for labels, value in values.items()
        ],
    }
    inputs = [{"series": f"up{{{TARGET}}}", "values": "1x60"}]
    inputs += [{"series": name, "values": counts} for name, counts in series.items()]
    test = {"interval": "1m", "input_series": inputs, "promql_expr_test": [case]}
    file = folder / "panel_test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(ROOT / ALERTS)], "tests": [test]}))
    Promtool.found().test_rules(file)
