"""The Prometheus configuration of the containers, and Grafana's provisioning beside it."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from alerts.model import AlertingRule
from config import Config
from contract.durations import parsed_duration
from delivery.targets import ALERTS, groups
from delivery.targets.grafana import DATASOURCE
from tests.cluster.conftest import CLUSTER, SERVICES
from tests.documents import yaml_examples
from tools import ROOT
from tools.promtool import Promtool

CONFIG = CLUSTER / "prometheus/prometheus.yml"
(README,) = yaml_examples("README.md", "rule_files:")
"""The configuration that the page shows."""


@pytest.mark.parametrize("text", [CONFIG.read_text(), README], ids=["ours", "README"])
def test_promtool_accepts_it_and_the_readmes_with_the_rules_that_we_build(
    tmp_path: Path, text: str
) -> None:
    (rules,) = yaml.safe_load(text)["rule_files"]
    assert rules.endswith(ALERTS.name)
    copy = tmp_path / "prometheus.yml"
    copy.write_text(text.replace(rules, str(ROOT / ALERTS)))
    assert "1 rule files found" in Promtool.found().check_config(copy)


def test_a_restart_forgets_no_pending_alert() -> None:
    flag = "--rules.alert.for-grace-period="
    (given,) = (word for word in SERVICES["prometheus"]["command"] if word.startswith(flag))
    rules = [rule for group in groups(Config()) for rule in group.rules]
    holds = {rule.for_ for rule in rules if isinstance(rule, AlertingRule)} - {timedelta(0)}
    # Prometheus restores an alert's `for` where it is not shorter than the grace period.
    assert min(holds) >= parsed_duration(given.removeprefix(flag))


def test_grafana_knows_the_scrape_interval() -> None:
    source, scraping = (yaml.safe_load(file.read_text()) for file in (ROOT / DATASOURCE, CONFIG))
    interval = source["datasources"][0]["jsonData"]["timeInterval"]
    assert interval == scraping["global"]["scrape_interval"]
