"""The panels' own expressions, on the rule engine, with the rules that they read."""

from collections.abc import Mapping

import pytest

from contract.metrics import USAGE_LABELS
from delivery.targets import rule_file
from preview.queries import View, resolve
from rules_tests.bench import cost
from rules_tests.results import results
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
    "failed hardly": _counts(LABEL_SET, "0+4x56 1124+900x3", "0x55 1x5"),
    "silent": _counts(_label_set("workflow"), "0+1x20 20x40"),
    "never": _counts(_label_set("workflow"), "0x60"),
    "quick": QUICK,
    "slow": SLOW,
    "both": {**SLOW, **QUICK},
}
"""Series for an hour, in promtool's notation."""

KNOWN = cost.KNOWN["latency, p95"]


@pytest.mark.parametrize(
    ("title", "history", "values"),
    [
        ("Coverage (15m)", "idle", {LABEL_SET: 100}),
        ("Coverage (15m)", "other fails", {LABEL_SET: 100, _label_set("agent"): 80}),
        ("Failure Rate (5m)", "idle", {LABEL_SET: 0}),
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
        ("Alerts", "none", {}),  # nothing is evaluated, so nothing is known to be inactive
        ("Firing and recent alerts", "failed hardly", {}),  # it was only pending, and is no longer
        ("Events by outcome", "failing", {"": 2}),
        ("Events by outcome, B", "failing", {"": 8}),
        ("Events by outcome", "none", {"": 0}),
    ],
)
def test_a_panel_shows_what_its_series_say_and_has_no_hole(
    title: str, history: str, values: dict[str, float]
) -> None:
    """After an hour of one of HISTORIES, by label set."""
    panel, _, letter = title.partition(", ")
    expr = KNOWN if title == KNOWN else target_of(panel, letter or "A")["expr"]
    every = {f"up{{{TARGET}}}": "1x60", **HISTORIES[history]}
    found = results(
        Promtool.found(),
        rule_file(CONFIG),
        {"shown": resolve(expr, DASHBOARD, VIEW)},
        series=[{"series": one, "values": counts} for one, counts in every.items()],
        interval=60,
        times=[HOUR],
    )
    assert {_of_usage(labels): round(value, 2) for _, labels, value in found} == values


def _of_usage(labels: Mapping[str, str]) -> str:
    """The labels of a label set among `labels`, as in LABEL_SET."""
    return ", ".join(f'{label}="{labels[label]}"' for label in USAGE_LABELS if label in labels)
