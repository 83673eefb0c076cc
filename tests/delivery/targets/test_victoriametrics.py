"""The resources of VictoriaMetrics' operator take the place of Prometheus' operator's."""

from pathlib import Path

import pytest
import yaml

from config import Config
from contract.durations import parsed_duration
from delivery.targets import kubernetes, mimir
from delivery.targets.kubernetes import BASE
from delivery.targets.victoriametrics import COMPONENT, files
from tests.delivery.targets.test_kubernetes import rendered_example


def test_the_component_takes_the_place_of_the_bases_rule_and_monitor(tmp_path: Path) -> None:
    resources = rendered_example(tmp_path, Config(), COMPONENT.name)
    assert set(resources) == {"VMRule", "VMServiceScrape", "ConfigMap", "GrafanaDashboard"}
    assert {each["metadata"]["namespace"] for each in resources.values()} == {"monitoring"}
    monitor = yaml.safe_load(kubernetes.files(Config())[BASE / "service-monitor.yaml"])["spec"]
    scrape = resources["VMServiceScrape"]["spec"]
    assert scrape == {**monitor, "namespaceSelector": {"matchNames": ["compozy"]}}


@pytest.mark.parametrize(
    ("settle", "offset", "delay"), [("0s", None, "30s"), ("10s", "10s", "30s"), ("2m", "2m", "2m")]
)
def test_the_rules_are_mimirs_with_settle_as_the_delay_of_each_group(
    settle: str, offset: str | None, delay: str
) -> None:
    config = Config(settle=parsed_duration(settle))
    ours = yaml.safe_load(files(config)[COMPONENT / "vm-rule.yaml"])["spec"]["groups"]
    mimirs = yaml.safe_load(mimir.files(config)[mimir.RULES])["groups"]
    assert {group.pop("eval_delay") for group in ours} == {delay}
    assert {group.pop("query_offset", None) for group in mimirs} == {offset}
    assert ours == mimirs
