import sys
from pathlib import Path

import pytest
import yaml

from rules_tests.mutants.__main__ import main, report
from rules_tests.mutants.rules import Mutant, mutants
from rules_tests.mutants.runner import Runner
from rules_tests.promtool_files import NamedTest, read
from rules_tests.rule_files import Document
from tools import ToolError
from tools.promtool import Promtool

RULES = """
groups:
  - name: g
    rules:
      - record: job:errors:sum
        expr: sum by (job) (errors)
      - alert: Errors
        expr: job:errors:sum > 10
        labels: {severity: critical}
      - alert: Down
        expr: up == 0
"""
TESTS = """
rule_files: [rules.yaml]
tests:
  - name: errors fire
    interval: 1m
    input_series:
      - {series: 'errors{job="a", instance="1"}', values: 9x5}
      - {series: 'errors{job="a", instance="2"}', values: 9x5}
    alert_rule_test:
      - eval_time: 5m
        alertname: Errors
        exp_alerts: [{exp_labels: {job: a, severity: critical}}]
  - name: up is not down
    interval: 1m
    input_series:
      - {series: 'up{job="a"}', values: 1x5}
    promql_expr_test:
      - {expr: 'ALERTS{alertname="Down"}', eval_time: 5m, exp_samples: []}
"""
DOCUMENT: Document = yaml.safe_load(RULES)
MUTANTS = {mutant.name: mutant for mutant in mutants(DOCUMENT)}


@pytest.fixture
def tests(tmp_path: Path) -> list[NamedTest]:
    (tmp_path / "rules.yaml").write_text(RULES)
    file = tmp_path / "some_test.yaml"
    file.write_text(TESTS)
    return read(file).tests()


def test_each_mutant_is_judged(tests: list[NamedTest]) -> None:
    errors, up = ("some_test.yaml: errors fire", "some_test.yaml: up is not down")
    killers = {
        "job:errors:sum: sum to max: sum by (job) (errors)": errors,
        "job:errors:sum: grouping without job: sum by (job) (errors)": errors,
        "Errors: 10 to 12: job:errors:sum > 10": "",
        "Errors: > to <: job:errors:sum > 10": errors,
        "Errors: labels: severity removed": errors,
        "Errors: rule deleted": errors,
        "Down: 0 to 1: up == 0": up,
        "Down: rule deleted": "",
    }
    found = Runner(DOCUMENT, tests).killers([MUTANTS[name] for name in killers])
    assert dict(zip(killers, found, strict=True)) == killers


def test_a_rule_that_promtool_refuses_is_killed(tests: list[NamedTest]) -> None:
    document = {"groups": [{"name": "g", "rules": [{"alert": "Down", "expr": "up =="}]}]}
    broken = Mutant("broken", "Down", document, "")
    assert list(Runner(DOCUMENT, tests).killers([broken])) == ["some_test.yaml: up is not down"]


def test_a_test_that_fails_without_any_fault_is_an_error(tests: list[NamedTest]) -> None:
    other = yaml.safe_load(RULES.replace("> 10", "> 20"))
    with pytest.raises(ToolError, match="errors fire: fails without any fault"):
        list(Runner(other, tests).killers([MUTANTS["Errors: rule deleted"]]))


def test_a_promtool_that_is_ended_kills_no_mutant(
    tests: list[NamedTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Runner(DOCUMENT, tests)
    monkeypatch.setattr(runner, "_promtool", Promtool(("sh", "-c", "kill -TERM $$")))
    with pytest.raises(ToolError, match="ended without a verdict"):
        list(runner.killers(list(MUTANTS.values())))


def test_a_text_that_no_mutants_name_has_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mutants", "--only", "Nothing"])
    assert main() == 2
    assert capsys.readouterr().err == "mutants: no mutant has 'Nothing' in its name\n"


def _report(killers: dict[str, str], listed: list[str], *, whole: bool = True) -> bool:
    mutants = [Mutant(name, "Down", {}, "-a\n+b") for name in killers]
    return report(mutants, killers, listed, whole=whole)


def test_a_survivor_is_reported_unless_it_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    survived = {f"Down: {name}: up[5m]": "" for name in ("one", "two")}
    assert _report(survived | {"Down: three": "a test"}, ["Down: one: up[5m]"])
    counts = "mutants: 1 killed, 1 survived, 1 equivalent\n"
    assert capsys.readouterr().out == f"{counts}\nsurvived: Down: two: up[5m]\n-a\n+b\n"
    assert not _report(survived, ["Down: *: up[5m]"])


def test_a_listed_mutant_that_is_killed_or_is_none_is_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for whole in (True, False):
        assert _report({"Down: one": "a test"}, ["Down: o*", "Up: *"], whole=whole)
        shown = capsys.readouterr().out
        assert "listed as equivalent, but killed by a test: Down: one\n" in shown
        assert ("listed as equivalent, but no mutant's name: Up: *\n" in shown) is whole
