from pathlib import Path

import pytest

from tests.conftest import script
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rule = "{record: 'a:b:c', expr: 'up'}"
    files = {
        "rules.yml": RULES,
        "broken.yml": BROKEN,
        "twice.yml": RULES.replace(rule, f"{rule}, {rule}"),
        "good_test.yml": TEST.replace("EXPECTED", "1"),
        "bad_test.yml": TEST.replace("EXPECTED", "2"),
        "good_config.yml": "rule_files: [rules.yml]\n",
        "bad_config.yml": "rule_files: [broken.yml]\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("check", "good", "bad", "told"),
    [
        ("check_rules", "rules.yml", "broken.yml", "could not parse expression"),
        ("check_rules", "rules.yml", "twice.yml", "duplicate rule"),
        ("test_rules", "good_test.yml", "bad_test.yml", r"(?s)exp:.*got:"),
        ("check_config", "good_config.yml", "bad_config.yml", "could not parse expression"),
    ],
)
def test_what_is_good_passes_and_what_is_not_fails_with_promtools_own_message(
    folder: Path, check: str, good: str, bad: str, told: str
) -> None:
    call = getattr(Promtool.found(), check)
    assert "SUCCESS" in call(folder / good)
    with pytest.raises(PromtoolError, match=told) as raised:
        call(folder / bad)
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
