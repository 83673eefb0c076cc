"""The panels' own expressions, on the rule engine."""

from pathlib import Path

import pytest
import yaml

from contract.config import Config
from dashboards import dashboards
from tools.promtool import Promtool

EXPRESSIONS = {
    panel["title"]: [target["expr"] for target in panel.get("targets", ())]
    for panel in dashboards(Config())[0]["panels"]
}
PAIR = 'component="task", provider="openai", model="m"'
HEALTHY = {f'compozy_llm_usage_events_total{{{PAIR}, outcome="success"}}': "0+10x60"}
IDLE = {f'compozy_llm_usage_events_total{{{PAIR}, outcome="success"}}': "500x60"}
FAILING = {
    f'compozy_llm_usage_events_total{{{PAIR}, outcome="success"}}': "0+8x60",
    f'compozy_llm_usage_events_total{{{PAIR}, outcome="failure"}}': "0+2x60",
    f"compozy_llm_usage_failures_total{{{PAIR}}}": "0+2x60",
}
QUICK = {
    'compozy_llm_usage_latency_seconds_bucket{le="0.001"}': "0+10x60",
    'compozy_llm_usage_latency_seconds_bucket{le="+Inf"}': "0+10x60",
}


@pytest.mark.parametrize(
    ("title", "series", "values"),
    [
        ("Coverage (15m)", HEALTHY, [100]),
        ("Coverage (15m)", IDLE, [100]),
        ("Coverage (15m)", FAILING, [80]),
        ("Failure Rate (5m)", HEALTHY, [0]),
        ("Failure Rate (5m)", IDLE, [0]),
        ("Failure Rate (5m)", FAILING, [20]),
        ("Latency (p95/p99)", QUICK, [0.95, 0.99]),
    ],
)
def test_a_panel_shows_what_its_series_say_and_has_no_hole(
    tmp_path: Path, title: str, series: dict[str, str], values: list[float]
) -> None:
    labels = "{}" if "Latency" in title else f"{{{PAIR}}}"
    cases = [
        {
            "expr": f"round({expr}, 0.01)",
            "eval_time": "1h",
            "exp_samples": [{"labels": labels, "value": value}],
        }
        for expr, value in zip(EXPRESSIONS[title], values, strict=True)
    ]
    inputs = [{"series": name, "values": counts} for name, counts in series.items()]
    test = {"interval": "1m", "input_series": inputs, "promql_expr_test": cases}
    file = tmp_path / "panel_test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [test]}))
    Promtool.found().test_rules(file)
