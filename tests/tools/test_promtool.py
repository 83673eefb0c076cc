from pathlib import Path

import pytest

from tools.promtool import Promtool, PromtoolError

RULES = "groups: [{name: g, rules: [{record: 'a:b:c', expr: 'up'}]}]\n"
BROKEN = "groups: [{name: g, rules: [{record: 'a:b:c', expr: 'up ('}]}]\n"
TEST = """
rule_files: [rules.yml]
tests:
  - input_series: [{series: up, values: 1x5}]
    promql_expr_test:
      - {expr: 'a:b:c', eval_time: 5m, exp_samples: [{labels: 'a:b:c', value: EXPECTED}]}
"""
HISTORY = """# HELP seen Things seen
# TYPE seen counter
seen_total 1 1700000000
seen_total 2 1700000060
# EOF
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "broken.yml").write_text(BROKEN)
    (tmp_path / "good_test.yml").write_text(TEST.replace("EXPECTED", "1"))
    (tmp_path / "bad_test.yml").write_text(TEST.replace("EXPECTED", "2"))
    return tmp_path


def test_good_rules_pass(folder: Path) -> None:
    assert "1 rules found" in Promtool.found().check_rules(folder / "rules.yml")


def test_broken_rules_fail_with_promtools_own_message(folder: Path) -> None:
    with pytest.raises(PromtoolError) as raised:
        Promtool.found().check_rules(folder / "broken.yml")
    assert raised.value.exit_code != 0
    assert "could not parse expression" in raised.value.output
    assert raised.value.output in str(raised.value)


def test_a_duplicate_rule_is_fatal_too(folder: Path) -> None:
    rule = "{record: 'a:b:c', expr: 'up'}"
    (folder / "rules.yml").write_text(RULES.replace(rule, f"{rule}, {rule}"))
    with pytest.raises(PromtoolError, match="duplicate rule"):
        Promtool.found().check_rules(folder / "rules.yml")


def test_rules_tests_pass_and_fail_as_promtool_says(folder: Path) -> None:
    assert "SUCCESS" in Promtool.found().test_rules(folder / "good_test.yml")
    with pytest.raises(PromtoolError, match=r"(?s)exp:.*got:"):
        Promtool.found().test_rules(folder / "bad_test.yml")


def test_a_configuration_that_names_broken_rules_fails(folder: Path) -> None:
    config = folder / "prometheus.yml"
    config.write_text("rule_files: [rules.yml]\n")
    Promtool.found().check_config(config)
    config.write_text("rule_files: [broken.yml]\n")
    with pytest.raises(PromtoolError, match="could not parse expression"):
        Promtool.found().check_config(config)


def test_metrics_that_break_the_naming_rules_fail() -> None:
    Promtool.found().check_metrics("# HELP a_total A\n# TYPE a_total counter\na_total 1\n")
    with pytest.raises(PromtoolError, match="_total"):
        Promtool.found().check_metrics("# HELP a A\n# TYPE a counter\na 1\n")


def test_history_becomes_blocks(folder: Path) -> None:
    history = folder / "history.txt"
    history.write_text(HISTORY)
    Promtool.found().create_blocks_from_openmetrics(history, folder / "tsdb")
    assert len(list((folder / "tsdb").glob("*/meta.json"))) == 1


def test_what_promtool_needs_for_blocks_stands_beside_its_input(tmp_path: Path) -> None:
    """It leaves it there when it is ended: not in the system's temporary folder."""
    program = tmp_path / "promtool"
    program.write_text("#!/bin/sh\necho $TMPDIR\n")
    program.chmod(0o755)
    file = tmp_path / "history" / "one.om"
    said = Promtool((str(program),)).create_blocks_from_openmetrics(file, tmp_path / "tsdb")
    assert said == f"{file.parent}\n"
