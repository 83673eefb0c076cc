from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from config import Config
from delivery.targets import ALERTS
from stack.launch import Settings, Stack
from stack.ports import Ports
from stack.supervisor import Supervisor


@pytest.fixture
def settings(tmp_path: Path, ports: Ports) -> Settings:
    """A stack on free ports, ten times as fast."""
    return Settings(tmp_path, ports, Config().at_speed(10), "healthy", rate=1, speed=10)


def test_the_rules_and_the_job_are_those_of_the_configuration(settings: Settings) -> None:
    failures = replace(Config().failures, threshold=0.25)
    config = Config(failures=failures, jobs=("compozy-blue",)).at_speed(10)
    Stack(replace(settings, config=config), Supervisor(settings.folder)).prepare()
    assert "> 0.25" in (settings.folder / ALERTS.name).read_text()
    written = yaml.safe_load((settings.folder / "prometheus.yml").read_text())
    assert [one["job_name"] for one in written["scrape_configs"]] == ["compozy-blue"]


def test_each_part_is_told_where_the_next_one_is(settings: Settings) -> None:
    Stack(settings, Supervisor(settings.folder)).prepare()
    names = ("targets.json", "prometheus.yml", "alertmanager.yml")
    targets, scraping, paging = (
        yaml.safe_load((settings.folder / name).read_text()) for name in names
    )
    ports = settings.ports
    exporters = [f"127.0.0.1:{port}" for port in (ports.exporter_port, ports.replica_port)]
    assert targets == [{"targets": exporters}]
    (alertmanager,) = scraping["alerting"]["alertmanagers"]
    where = [f"127.0.0.1:{ports.alertmanager_port}"]
    assert alertmanager["static_configs"] == [{"targets": where}]
    hooks = [one["url"] for each in paging["receivers"] for one in each["webhook_configs"]]
    assert set(hooks) == {f"http://127.0.0.1:{ports.page_port}/notifications"}


def test_other_rules_are_loaded_where_they_are(settings: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "mine.yml"
    rules.write_text("groups: [{name: g, rules: [{record: 'a:b:c', expr: 'up'}]}]\n")
    Stack(replace(settings, rules=rules), Supervisor(settings.folder)).prepare()
    written = yaml.safe_load((settings.folder / "prometheus.yml").read_text())
    assert written["rule_files"] == [str(rules)]
    assert not (settings.folder / ALERTS.name).exists()
