"""The command `python -m rules_tests` on any test files."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rules_tests.__main__ import main
from tools.promtool import Promtool

RULES = """
groups:
  - name: g
    rules:
      - alert: Down
        expr: up == 0
        labels: {version: 1.10, reviewed: yes}
"""
FIRES = """
  - name: fires
    interval: 1m
    input_series: [{series: 'up{job="a"}', values: 0+0x5}]
    alert_rule_test:
      - eval_time: 5m
        alertname: Down
        exp_alerts: [{exp_labels: {job: a, version: 1.10, reviewed: yes}}]
"""
QUIET = """
  - name: quiet
    interval: 1m
    input_series: [{series: 'up{job="a"}', values: VALUE}]
    alert_rule_test: [{eval_time: 5m, alertname: Down, exp_alerts: []}]
"""
GOOD = f"rule_files: [down.yml]\ntests:{FIRES}{QUIET.replace('VALUE', '1x5')}"
BAD = f"rule_files: [down.yml]\ntests:{FIRES}{QUIET.replace('VALUE', '0+0x5')}"
NO_LIST = "must be a list with something in it"
Judge = Callable[..., tuple[int, str, str]]


@pytest.fixture
def judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Judge:
    """Runs the command in a folder with the given files, by default on rules/a_test.yaml alone."""

    def run(
        a_test: str = GOOD, *patterns: str, rules: str = RULES, **files: str
    ) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        for name, text in {"rules/down.yml": rules, "rules/a_test.yaml": a_test, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        code = main(patterns or ["rules/a_test.yaml"])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_each_named_test_is_reported_by_itself_and_each_rule_file_once(judge: Judge) -> None:
    twice = GOOD.replace("down.yml", "down.yml, '*.yml'")
    code, out, err = judge(twice, "rules/*_test.yaml", "rules/a_test.yaml")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "promtool check rules",
        "  pass  rules/down.yml",
        "rules/a_test.yaml",
        "  pass  fires",
        "  pass  quiet",
        "tests: 2 passed, 0 failed, 0 not run; rule files: 1 passed, 0 broken",
    ]


def test_a_failed_test_has_promtools_message_below_it(judge: Judge) -> None:
    code, out, _ = judge(BAD, "rules/*_test.yaml", **{"rules/b_test.yaml": GOOD})
    assert code == 1
    lines = out.splitlines()
    below = lines[lines.index("  FAIL  quiet") + 1 :]
    assert "          alertname: Down, time: 5m, " in below
    assert 'Labels:{alertname="Down", job="a", reviewed="yes", version="1.10"}' in out
    assert "Unit Testing" not in out
    assert below[-1].startswith("tests: 3 passed, 1 failed, 0 not run")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (RULES.replace("== 0", "== ("), r"rules/down.yml: .*could not parse expression"),
        (RULES + RULES.partition("rules:\n")[2], r".*duplicate rule"),
    ],
)
def test_a_rule_file_that_promtool_refuses_is_told_with_its_place_and_its_tests_are_not_run(
    judge: Judge, rules: str, said: str
) -> None:
    code, out, _ = judge(rules=rules)
    assert code == 1
    assert re.search(rf"  FAIL  rules/down.yml\n          {said}", out)
    assert "  not run: 2 tests, since a rule file of theirs is broken" in out
    assert "tests: 0 passed, 0 failed, 2 not run; rule files: 0 passed, 1 broken" in out


def test_a_rule_file_that_is_no_text_is_broken(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text(RULES, encoding="utf-16")
    code, out, _ = judge(GOOD.replace("down.yml", "../rules, ../other.yml"))
    assert code == 1
    assert "  FAIL  rules\n          cannot be read as text in UTF-8 (" in out
    assert "  FAIL  other.yml\n          cannot be read as text in UTF-8 (" in out


@pytest.mark.parametrize("rules", ["groups: [null]", "groups: [{name: g, rules: [null]}]"])
def test_a_null_that_promtool_takes_for_a_rule_is_bad_input(judge: Judge, rules: str) -> None:
    code, _, err = judge(rules=rules)
    assert code == 2
    assert re.search(r"/rules/down.yml: (groups|rules): must be a list of mappings\n$", err)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests: [", "a_test.yaml: is not YAML ("),
        ("- a\n", "a_test.yaml: must be a mapping with rule_files and tests"),
        ("a: \0\n", "a_test.yaml: is not YAML ("),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor for the tag"),
        (f"tests:{FIRES}", f"a_test.yaml: rule_files: {NO_LIST}"),
        ("rule_files: [down.yml]\n", f"a_test.yaml: tests: {NO_LIST}"),
        ("rule_files: [down.yml]\ntests: [a]\n", "a_test.yaml: tests, number 1: must be a mapping"),
        (
            "rule_files: [down.yml]\ntests: [{name: a, input_series: [a]}]\n",
            "a_test.yaml: tests, number 1: input_series: must be a list of mappings",
        ),
        (GOOD.replace("down.yml", "up.yml"), "a_test.yaml: rule_files: up.yml: there is no such"),
        (GOOD.replace("down.yml", "x*.yml"), r"a_test.yaml: rule_files: x*.yml: there is no such"),
        (GOOD.replace("name: fires", "name:"), "needs a name of its own: '' (number 1)"),
        (GOOD.replace("name: quiet", "name: fires"), "needs a name of its own: 'fires' (number 1)"),
        (f"{GOOD}  - name: idle\n", "idle: expects nothing: give it alert_rule_test or"),
        (GOOD.replace("alertname: Down, exp", "alertname: Donw, exp"), "rule files: ['Donw']"),
        (GOOD.replace("1x5", "0x5"), "quiet: 0x9 is the hexadecimal number 9"),
        (GOOD.replace("tests:", "tests: []\ntests:"), "the key tests stands twice in"),
    ],
)
def test_bad_input_is_told_with_the_file_and_nothing_is_run(
    judge: Judge, text: str, said: str
) -> None:
    code, out, err = judge(text, "rules/*_test.yaml", **{"rules/b_test.yaml": GOOD})
    assert code == 2
    assert "fires" not in out
    assert err.startswith("test-rules: rules/a_test.yaml: ")
    assert said in err
    assert "Traceback" not in err


def test_all_bad_input_is_told_at_once(judge: Judge) -> None:
    code, out, err = judge(GOOD, "gone.yaml", "none/*.yaml", "rules/down.yml", "rules", "rules")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "test-rules: gone.yaml: matches no file",
        "test-rules: none/*.yaml: matches no file",
        "test-rules: rules/down.yml: rule_files: " + NO_LIST,
        "test-rules: rules: is a folder: name its test files, rules/*_test.yaml",
    ]


def test_a_pattern_goes_to_any_depth_and_an_argument_may_hold_several(judge: Judge) -> None:
    files = {
        "deep/er/a_test.yaml": GOOD.replace("down.yml", "../../rules/down.yml"),
        "rules/b_test.yml": GOOD,
    }
    code, out, _ = judge(GOOD, "deep/**/*_test.yaml\n  rules/b_test.yml\n", **files)
    assert code == 0
    assert "deep/er/a_test.yaml\n" in out
    assert "rules/b_test.yml\n" in out
    assert "tests: 4 passed" in out


def test_no_pattern_at_all_is_bad_input(judge: Judge) -> None:
    assert judge(GOOD, " \n ") == (2, "", "test-rules: no test file was named\n")


@pytest.mark.parametrize(
    "pattern", ["*.yml", "[^x]own.yml", r"d\own.yml", "../*/down.yml", "?down.yml"]
)
def test_a_pattern_of_rule_files_means_what_it_means_to_promtool(
    judge: Judge, pattern: str, tmp_path: Path
) -> None:
    text = GOOD.replace("down.yml", f"'{pattern}'")
    # With both files, *.yml would define the rule twice.
    files = {} if pattern == "*.yml" else {"rules/.down.yml": RULES}
    assert judge(text, **files)[0] == 0
    promtools = Promtool.found().test_rules(tmp_path / "rules/a_test.yaml")
    assert "WARNING" not in promtools


def test_a_path_with_signs_of_a_pattern_is_a_path(judge: Judge) -> None:
    files = {"x[1]*/a_test.yaml": BAD, "x[1]*/down.yml": RULES}
    code, out, _ = judge(GOOD, "x[1]*/a_test.yaml", **files)
    assert code == 1  # if promtool took the folder as a pattern, no rule would fire
    assert "  pass  fires" in out


LATE = GOOD.replace("eval_time: 5m", "eval_time: 90s")
UNNAMED = """
  - name: unnamed
    input_series: [{series: up, values: 0+0x5}]
    promql_expr_test:
      - expr: count({alertstate="firing"})
        eval_time: 5m
        exp_samples: [{labels: "{}", value: 1}]
"""
DEEP = f"{GOOD}    deep: {'{a: ' * 350}{'}' * 350}\n"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        # What applies to all tests applies, and is judged by promtool.
        (f"bogus: 1\n{GOOD}", 1, "field bogus not found"),
        (LATE, 0, "  pass  fires\n"),
        (f"evaluation_interval: 1h\n{LATE.replace('0+0x5', '1 0+0x5')}", 1, "  FAIL  fires\n"),
        # A rule may be read without its name.
        (f"rule_files: [down.yml]\ntests:{UNNAMED}", 0, "  pass  unnamed\n"),
        pytest.param(DEEP, 1, "  FAIL  quiet\n          is nested too deep\n", id="too deep"),
    ],
)
def test_a_test_of_any_form_is_judged(judge: Judge, text: str, code: int, said: str) -> None:
    found, out, _ = judge(text)
    assert (found, said in out) == (code, True), out


def test_a_promtool_that_takes_too_long_is_a_failure_that_says_so(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> str:
        raise subprocess.TimeoutExpired("promtool", 600)

    monkeypatch.setattr(Promtool, "test_rules", slow)
    code, out, _ = judge()
    assert code == 1
    assert "  FAIL  fires\n          no verdict within 600 s\n" in out
