"""The resources of VictoriaMetrics' operator take the place of Prometheus' operator's."""

import pytest
import yaml

from config import Config
from contract.document import Json
from contract.durations import parsed_duration
from delivery.targets import kubernetes, mimir
from delivery.targets.kubernetes import BASE
from delivery.targets.victoriametrics import COMPONENT, files
from tests.delivery.targets.kubectl import rendered_example


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """The example with the component, by kind."""
    return rendered_example(tmp_path_factory.mktemp("cluster"), Config(), COMPONENT.name)


def test_each_rule_is_there_once_in_the_examples_namespace(resources: dict[str, Json]) -> None:
    kinds = {"VMRule", "VMServiceScrape", "ConfigMap", "GrafanaDashboard"}
    assert set(resources) == kinds
    assert {each["metadata"]["namespace"] for each in resources.values()} == {"monitoring"}


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


def test_it_scrapes_what_the_monitor_of_the_base_scrapes(resources: dict[str, Json]) -> None:
    monitor = yaml.safe_load(kubernetes.files(Config())[BASE / "service-monitor.yaml"])["spec"]
    scrape = resources["VMServiceScrape"]["spec"]
    assert scrape == {**monitor, "namespaceSelector": {"matchNames": ["compozy"]}}
