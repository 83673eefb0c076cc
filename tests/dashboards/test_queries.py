"""The panels' own expressions, on the rule engine, with the rules that they read."""

from collections.abc import Mapping

import pytest

from contract.metrics import USAGE_LABELS
from delivery.targets import rule_file
from preview.queries import View, resolve
from rules_tests.results import WHAT, History, Sample, results
from rules_tests.rule_files import needed
from tests.dashboards.example import CONFIG, DASHBOARD, HOUR, target_of
from tools.promtool import Promtool

VIEW = View(begin=0, end=HOUR)
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


BUCKET = f'compozy_llm_usage_latency_seconds_bucket{{{TARGET}, {LABEL_SET}, outcome="success", le'
QUICK = {f'{BUCKET}="0.001"}}': "0+10x60", f'{BUCKET}="+Inf"}}': "0+10x60"}
SLOW = {name.replace("0.001", "0.5"): values for name, values in QUICK.items()}
HEALTHY = _counts(LABEL_SET, "0+10x60")
HISTORIES: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "healthy": HEALTHY,
    "idle": _counts(LABEL_SET, "500x60"),
    "failing": _counts(LABEL_SET, "0+8x60", "0+2x60"),
    "other fails": {**HEALTHY, **_counts(_label_set("agent"), "0+8x60", "0+2x60")},
    "about to fail": _counts(LABEL_SET, "0+4x60", "0x58 1x2"),
    "failed hardly": _counts(LABEL_SET, "0+4x56 1124+900x3", "0x55 1x5"),
    "silent": _counts(_label_set("workflow"), "0+1x20 20x40"),
    "never": _counts(_label_set("workflow"), "0x60"),
    "quick": QUICK,
    "slow": SLOW,
    "both": {**SLOW, **QUICK},
}
"""Series for an hour, in promtool's notation."""

KNOWN = "the latency that users ask for"
TITLES = (
    *("Coverage (15m)", "Failure Rate (5m)", "Worst coverage (15m)", "Latency (p95/p99)"),
    *("Last workflow event", "Alerts", "Events by outcome", "Firing and recent alerts"),
)
QUERIES = {title: target_of(title, "A")["expr"] for title in TITLES}
QUERIES["Events by outcome, B"] = target_of("Events by outcome", "B")["expr"]


def _label_set_of(sample: Sample) -> str:
    there = [label for label in USAGE_LABELS if label in sample.labels]
    return ", ".join(f'{label}="{sample.labels[label]}"' for label in there)


@pytest.fixture(scope="module")
def shown() -> dict[tuple[str, str], dict[str, float]]:
    """Values by label set after an hour, of each expression on each of HISTORIES."""
    expressions = {title: resolve(expr, DASHBOARD, VIEW) for title, expr in QUERIES.items()}
    expressions[KNOWN] = (
        "histogram_quantile(0.95, sum by (le) "
        "(rate(compozy_llm_usage_latency_seconds_bucket[5m]))) * 1000"
    )
    rules = needed(rule_file(CONFIG), list(expressions.values()))
    found: dict[tuple[str, str], dict[str, float]] = {
        (what, name): {} for name in HISTORIES for what in expressions
    }
    for name, each in HISTORIES.items():
        every = {f"up{{{TARGET}}}": "1x60", **each}
        series = [{"series": one, "values": values} for one, values in every.items()]
        for sample in results(Promtool.found(), rules, History(series, 60, [HOUR]), expressions):
            found[sample.labels[WHAT], name][_label_set_of(sample)] = round(sample.value, 2)
    return found


@pytest.mark.parametrize(
    ("title", "history", "values"),
    [
        ("Coverage (15m)", "idle", {LABEL_SET: 100}),
        ("Coverage (15m)", "failing", {LABEL_SET: 80}),
        ("Coverage (15m)", "other fails", {LABEL_SET: 100, _label_set("agent"): 80}),
        ("Failure Rate (5m)", "idle", {LABEL_SET: 0}),
        ("Failure Rate (5m)", "failing", {LABEL_SET: 20}),
        ("Failure Rate (5m)", "other fails", {LABEL_SET: 0, _label_set("agent"): 20}),
        ("Worst coverage (15m)", "other fails", {LABEL_SET: 100, _label_set("agent"): 80}),
        *(
            (title, history, {"": value})
            for title in ("Latency (p95/p99)", KNOWN)
            for history, value in (("quick", 0.95), ("slow", 475), ("both", 0.95))
        ),
        ("Last workflow event", "silent", {"": 39}),
        ("Last workflow event", "healthy", {"": 1440}),  # tasks alone: none in the last day
        ("Last workflow event", "never", {}),  # nothing is recorded, so nothing is known
        ("Last workflow event", "none", {}),
        ("Alerts", "failing", {"": 2}),
        ("Alerts", "none", {}),  # nothing is evaluated, so nothing is known to be inactive
        ("Firing and recent alerts", "failing", {"": 2}),
        ("Firing and recent alerts", "about to fail", {"": 1}),
        ("Firing and recent alerts", "failed hardly", {}),  # it was only pending, and is no longer
        ("Events by outcome", "failing", {"": 2}),
        ("Events by outcome, B", "failing", {"": 8}),
        ("Events by outcome", "healthy", {"": 0}),  # failures, where nothing ever failed
        ("Events by outcome", "none", {"": 0}),
    ],
)
def test_a_panel_shows_what_its_series_say_and_has_no_hole(
    shown: dict[tuple[str, str], dict[str, float]],
    title: str,
    history: str,
    values: dict[str, float],
) -> None:
    assert shown[title, history] == values
