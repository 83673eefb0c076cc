"""The Prometheus configuration of the containers, and Grafana's provisioning beside it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.model import AlertingRule
from config import Config
from contract.durations import parsed_duration
from delivery.targets import ALERTS, groups
from tests.cluster.conftest import CLUSTER, SERVICES
from tests.documents import yaml_examples
from tools import ROOT
from tools.promtool import Promtool

CONFIG = CLUSTER / "prometheus/prometheus.yml"
PROVISIONING = CLUSTER / "grafana/provisioning"
(README,) = yaml_examples("README.md", "rule_files:")
"""The configuration that the page shows."""


def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


@pytest.mark.parametrize("text", [CONFIG.read_text(), README], ids=["ours", "README"])
def test_promtool_accepts_it_and_the_readmes_with_the_rules_that_we_build(
    tmp_path: Path, text: str
) -> None:
    (rules,) = yaml.safe_load(text)["rule_files"]
    assert rules.endswith(ALERTS.name)
    copy = tmp_path / "prometheus.yml"
    copy.write_text(text.replace(rules, str(ROOT / ALERTS)))
    assert "1 rule files found" in Promtool.found().check_config(copy)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (CONFIG, "exporter"),
        (CONFIG, "alertmanager"),
        (PROVISIONING / "datasources/prometheus.yaml", "prometheus"),
    ],
)
def test_an_address_is_that_of_a_service_beside_it(file: Path, name: str) -> None:
    (port,) = re.findall(rf"\b{name}:(\d+)", file.read_text())
    assert SERVICES[name]["ports"][0].endswith(f":{port}")


def test_a_restart_forgets_no_pending_alert() -> None:
    flag = "--rules.alert.for-grace-period="
    (given,) = (word for word in SERVICES["prometheus"]["command"] if word.startswith(flag))
    rules = [rule for group in groups(Config()) for rule in group.rules]
    holds = {rule.for_ for rule in rules if isinstance(rule, AlertingRule)} - {timedelta(0)}
    # Prometheus restores an alert's `for` where it is not shorter than the grace period.
    assert min(holds) >= parsed_duration(given.removeprefix(flag))


def test_grafanas_data_source_is_the_one_that_rules_name_and_knows_the_scrape_interval() -> None:
    (source,) = _yaml(PROVISIONING / "datasources/prometheus.yaml")["datasources"]
    interval = _yaml(CONFIG)["global"]["scrape_interval"]
    found = (source["uid"], source["jsonData"]["timeInterval"])
    assert found == (Config().datasource_uid, interval)
