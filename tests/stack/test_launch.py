from dataclasses import replace
from pathlib import Path

import yaml

from config import Config
from delivery.targets import ALERTS
from stack.launch import Stack
from stack.ports import Ports


def test_the_rules_and_the_job_are_those_of_the_configuration(tmp_path: Path, ports: Ports) -> None:
    failures = replace(Config().failures, threshold=0.25)
    config = Config(failures=failures, jobs=("compozy-blue",)).at_speed(10)
    stack = Stack(tmp_path, ports, config, "healthy", rate=1, speed=10)
    stack.prepare()
    assert "> 0.25" in (stack.folder / ALERTS.name).read_text()
    written = yaml.safe_load((stack.folder / "prometheus.yml").read_text())
    assert [one["job_name"] for one in written["scrape_configs"]] == ["compozy-blue"]
    mine = stack.folder / "mine.yml"  # other rules are loaded where they are
    mine.write_text("groups: [{name: g, rules: [{record: 'a:b:c', expr: 'up'}]}]\n")
    replace(stack, rules=mine).prepare()
    written = yaml.safe_load((stack.folder / "prometheus.yml").read_text())
    assert written["rule_files"] == [str(mine)]


def test_each_part_is_told_where_the_next_one_is(tmp_path: Path, ports: Ports) -> None:
    Stack(tmp_path, ports, Config(), "healthy", rate=1).prepare()
    targets, scraping, paging = (
        yaml.safe_load((tmp_path / name).read_text())
        for name in ("targets.json", "prometheus.yml", "alertmanager.yml")
    )
    exporters = [f"127.0.0.1:{port}" for port in (ports.exporter_port, ports.replica_port)]
    assert targets == [{"targets": exporters}]
    (alertmanager,) = scraping["alerting"]["alertmanagers"]
    where = [f"127.0.0.1:{ports.alertmanager_port}"]
    assert alertmanager["static_configs"] == [{"targets": where}]
    hooks = {one["url"] for each in paging["receivers"] for one in each["webhook_configs"]}
    assert hooks == {f"http://127.0.0.1:{ports.page_port}/notifications"}
