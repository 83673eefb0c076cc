"""What is built for a configuration fits together: `make test CONFIG=...`.

Without one, what is built for an example that has another value for everything.
"""

import os
import re
from pathlib import Path

import promql_parser
import pytest
import yaml

from config.file import load
from dashboards import compozy_monitoring
from delivery.targets import rule_file
from rules_tests.index import OTHER

CONFIG = load(Path(os.environ.get("MONITORING_CONFIG", OTHER)))
RULES = [rule for group in yaml.safe_load(rule_file(CONFIG))["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", [r for r in RULES if "alert" in r], ids=lambda r: r["alert"])
def test_an_alert_names_the_systems_it_is_about_and_leads_to_its_pages(
    rule: dict[str, dict[str, str]],
) -> None:
    for label in CONFIG.labels:
        assert f"{{{{ $labels.{label} }}}}" in rule["annotations"]["summary"]
    assert rule["annotations"]["runbook_url"].startswith(CONFIG.runbook_base)
    assert rule["annotations"]["dashboard_url"].startswith(CONFIG.grafana_base)
    assert rule["annotations"]["dashboard_url"].endswith(f"/d/{CONFIG.dashboard.uid}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("record") or rule["alert"])
def test_a_rule_reads_the_jobs_that_are_compozys(rule: dict[str, str]) -> None:
    wanted = [f'"{job}"' for job in CONFIG.jobs] if len(CONFIG.jobs) == 1 else list(CONFIG.jobs)
    for selector in re.findall(r"(?<![:\w])(?:compozy_llm_\w+|up)\b(?:{[^}]*})?", rule["expr"]):
        jobs = selector.replace("\\\\", "")
        assert all(job in jobs for job in wanted), selector


def test_the_dashboard_reads_records_that_there_are() -> None:
    dashboard = compozy_monitoring.dashboard(CONFIG)
    assert (dashboard["uid"], dashboard["title"]) == (CONFIG.dashboard.uid, CONFIG.dashboard.title)
    exprs = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    for expr in exprs:
        promql_parser.parse(expr.replace("$__rate_interval", "5m").replace("$__range", "6h"))
    read = {name for expr in exprs for name in re.findall(r"\b\w+:compozy_llm\w*:\w+", expr)}
    assert read
    assert read <= {rule.get("record") for rule in RULES}
    variables = [variable["name"] for variable in dashboard["templating"]["list"]]
    assert set(CONFIG.labels) <= set(variables)
