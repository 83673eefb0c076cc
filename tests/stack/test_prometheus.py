from pathlib import Path

import pytest

from stack.prometheus import configuration, own_page
from tools.promtool import Promtool


@pytest.mark.parametrize("name", ["rules.yml", "rules [1].yml", "what?.yml", "all*.yml"])
def test_a_rule_file_of_any_name_is_loaded(tmp_path: Path, name: str) -> None:
    rules = tmp_path / name
    rules.write_text("groups: [{name: g, rules: [{record: 'a:b:c', expr: 'up'}]}]\n")
    config = tmp_path / "prometheus.yml"
    targets = tmp_path / "targets.json"
    targets.write_text('[{"targets": ["127.0.0.1:5001"]}]')
    config.write_text(configuration(rules, targets, "127.0.0.1:9093", scrape=15, job="j"))
    assert "1 rules found" in Promtool.found().check_config(config)


def test_a_prometheus_with_its_page_beside_it_is_told_where(tmp_path: Path) -> None:
    program = str(tmp_path / "usr/bin/prometheus")
    assert own_page([program]) == []
    web = tmp_path / "usr/share/prometheus/web"
    web.mkdir(parents=True)
    assert own_page([program]) == [f"--web.local-assets={web}"]
    assert own_page(["docker", "run", program]) == []
