from pathlib import Path

import pytest

from tests.conftest import script
from tools.promtool import Promtool, PromtoolError

RULE = "{record: 'a:b:c', expr: 'up'}"


def test_a_rule_that_stands_twice_fails_with_promtools_own_message(tmp_path: Path) -> None:
    """A lint of promtool's, which by itself passes with a warning."""
    rules = tmp_path / "rules.yml"
    rules.write_text(f"groups: [{{name: g, rules: [{RULE}]}}]\n")
    assert "SUCCESS" in Promtool.found().check_rules(rules)
    rules.write_text(f"groups: [{{name: g, rules: [{RULE}, {RULE}]}}]\n")
    with pytest.raises(PromtoolError, match="duplicate rule") as raised:
        Promtool.found().check_rules(rules)
    assert raised.value.exit_code != 0
    assert raised.value.output in str(raised.value)


def test_metrics_that_break_the_naming_rules_fail() -> None:
    Promtool.found().check_metrics("# HELP a_total A\n# TYPE a_total counter\na_total 1\n")
    with pytest.raises(PromtoolError, match="_total"):
        Promtool.found().check_metrics("# HELP a A\n# TYPE a counter\na 1\n")


def test_what_promtool_needs_for_blocks_stands_beside_its_input(tmp_path: Path) -> None:
    """It leaves it there when it is ended: not in the system's temporary folder."""
    program = script(tmp_path / "promtool", "echo $TMPDIR")
    file = tmp_path / "history" / "one.om"
    said = Promtool((str(program),)).create_blocks_from_openmetrics(file, tmp_path / "tsdb")
    assert said == f"{file.parent}\n"
