from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from config import Config
from delivery.targets import ALERTS
from stack.launch import Stack
from stack.ports import Ports
from tools.promtool import Promtool


def test_each_part_is_told_where_the_next_one_is_and_what_is_configured(
    tmp_path: Path, ports: Ports
) -> None:
    failures = replace(Config().failures, threshold=0.25)
    config = Config(failures=failures, jobs=("compozy-blue",)).at_speed(10)
    stack = Stack(tmp_path, ports, config, "healthy", rate=1, speed=10, scrape=5)
    stack.prepare()
    assert "> 0.25" in (tmp_path / ALERTS.name).read_text()
    scraping, paging = (
        yaml.safe_load((tmp_path / name).read_text())
        for name in ("prometheus.yml", "alertmanager.yml")
    )
    exporters = [f"127.0.0.1:{port}" for port in (ports.exporter_port, ports.replica_port)]
    assert scraping["global"] == {"scrape_interval": "5s", "scrape_timeout": "5s"}
    (scraped,) = scraping["scrape_configs"]
    assert scraped == {"job_name": "compozy-blue", "static_configs": [{"targets": exporters}]}
    (alertmanager,) = scraping["alerting"]["alertmanagers"]
    where = [f"127.0.0.1:{ports.alertmanager_port}"]
    assert alertmanager["static_configs"] == [{"targets": where}]
    hooks = {one["url"] for each in paging["receivers"] for one in each["webhook_configs"]}
    assert hooks == {f"http://127.0.0.1:{ports.page_port}/notifications"}


@pytest.mark.parametrize("name", ["rules.yml", "rules [1].yml", "what?.yml", "all*.yml"])
def test_other_rules_of_any_name_are_loaded(tmp_path: Path, ports: Ports, name: str) -> None:
    mine = tmp_path / name
    mine.write_text("groups: [{name: g, rules: [{record: 'a:b:c', expr: 'up'}]}]\n")
    Stack(tmp_path, ports, Config(), "healthy", rate=1, rules=mine).prepare()
    assert "1 rules found" in Promtool.found().check_config(tmp_path / "prometheus.yml")
