"""The runner of `make test-engines`, without any engine."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from rules_tests.engines.__main__ import show
from rules_tests.engines.index import ENGINES, Vmalert
from rules_tests.engines.judge import (
    DIFFERENT,
    DIFFERS,
    FAIL,
    NOT_ASKED,
    PASS,
    Verdict,
    chains,
    judge,
    lateness,
)
from rules_tests.index import generated_tests, written_tests
from rules_tests.promtool_files import EXPECTATIONS, NamedTest
from tools import ROOT
from tools.locate import Pinned
from tools.promtool import Promtool

RULES = """
groups:
  - name: g
    rules:
      - {record: 'a:seen:sum', expr: sum(seen)}
      - {record: 'a:other:sum', expr: sum(other)}
      - {record: 'a:seen:max1h', expr: 'max_over_time(a:seen:sum[1h])'}
      - {alert: Down, expr: 'a:seen:max1h / a:seen:sum > 3'}
"""
QUIET = {"expr": "ALERTS", "eval_time": "5m", "exp_samples": []}
FIRING = {"expr": "ALERTS", "eval_time": "9m", "exp_samples": [{"labels": "ALERTS", "value": 1}]}
ALERT = {"alertname": "Down", "eval_time": "1h", "exp_alerts": [{"exp_labels": {"a": "b"}}]}
PROMETHEUS, VMALERT = ENGINES[0], ENGINES[-1]


@pytest.fixture
def named() -> NamedTest:
    """A test with one expectation of each sort."""
    return NamedTest(
        name="a test",
        file=Path("some_test.yaml"),
        rules=(RULES,),
        shared={"evaluation_interval": "30s"},
        body={"name": "a test", "alert_rule_test": [ALERT], "promql_expr_test": [QUIET, FIRING]},
    )


def _asked(test: NamedTest) -> list[tuple[str, bool]]:
    """The time of each expectation, and whether it expects something to fire."""
    return [
        (case["eval_time"], bool(case.get("exp_alerts") or case.get("exp_samples")))
        for kind in EXPECTATIONS
        for case in test.body.get(kind, ())
    ]


def test_the_chain_of_records_that_each_rule_reads_is_counted() -> None:
    counted = {"a:seen:sum": 0, "a:other:sum": 0, "a:seen:max1h": 1, "Down": 2}
    assert chains([RULES]) == counted


@pytest.mark.parametrize(
    ("holds", "late"),
    [
        pytest.param({("5m", False), ("1h", True), ("9m", True)}, 0, id="what fires when it must"),
        pytest.param({("5m", False), ("1h", True), ("9m30s", True)}, 1, id="an evaluation late"),
        pytest.param({("5m", False), ("1h", True), ("10m30s", True)}, None, id="later than chain"),
        pytest.param({("1h", True), ("9m", True)}, None, id="what must be quiet gets no grace"),
    ],
)
def test_what_fires_late_is_late_by_whole_evaluations_up_to_the_chain(
    named: NamedTest, holds: set[tuple[str, bool]], late: int | None
) -> None:
    assert lateness(named, lambda part: set(_asked(part)) <= holds) == late


def test_a_sample_of_zero_expects_nothing_to_fire(named: NamedTest) -> None:
    zero = {**FIRING, "exp_samples": [{"value": 0}]}
    named.body["promql_expr_test"] = [zero]
    assert lateness(named, lambda part: zero not in part.body.get("promql_expr_test", [])) is None


def _program(file: Path, script: str) -> tuple[str]:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return (str(file),)


PASSES, FAILS = "exit 0", "echo 'exp: this, got: that'; exit 1"
SAID = Verdict(FAIL, "exp: this, got: that")
STALE = Verdict(FAIL, "it passes: docs/engines.md and DIFFERENT need not name it")


@pytest.mark.parametrize(
    ("name", "script", "verdicts"),
    [
        ("a test", PASSES, (Verdict(PASS), Verdict(PASS))),
        ("a test", FAILS, (SAID, SAID)),
        (DIFFERENT[0], PASSES, (Verdict(PASS), STALE)),
        (DIFFERENT[0], FAILS, (SAID, Verdict(DIFFERS))),
        (f"{NOT_ASKED}it is reset", FAILS, (SAID, Verdict(DIFFERS))),
    ],
)
def test_a_verdict_is_the_programs_exit_code_but_where_vmalert_is_known_to_differ(
    named: NamedTest, tmp_path: Path, name: str, script: str, verdicts: tuple[Verdict, Verdict]
) -> None:
    program, test = _program(tmp_path / "program", script), replace(named, name=name)
    assert (judge(Promtool(program), test), judge(Vmalert(program), test)) == verdicts


def test_expressions_are_asked_in_vmalerts_words(named: NamedTest, tmp_path: Path) -> None:
    program = _program(tmp_path / "shows", 'cat "${3#--files=}"; exit 1')
    said = judge(Vmalert(program), named).message
    assert "metricsql_expr_test" in said
    assert "promql_expr_test" not in said


def test_what_is_listed_as_different_exists() -> None:
    names = {test.name for test in (*written_tests(), *generated_tests())}
    assert set(DIFFERENT) <= names
    assert any(name.startswith(NOT_ASKED) for name in names)


def test_the_table_shows_each_verdict_and_what_engines_said_follows_it(named: NamedTest) -> None:
    verdicts = {
        PROMETHEUS: [Verdict(FAIL, "got: [nil]")],
        VMALERT: [Verdict(f"{DIFFERS} (+2)")],
    }
    printed = io.StringIO()
    show(Console(file=printed, width=140), [named], verdicts)
    report = printed.getvalue()
    lines = [line.split("│")[1:-1] for line in report.splitlines() if "│" in line]
    assert [[cell.strip() for cell in line] for line in lines] == [
        ["some_test.yaml", "", ""],
        ["a test", "FAIL", "differs as documented (+2)"],
        ["1 tests", "0 passed", "1 passed"],
    ]
    assert "differs as documented (+n): what must fire does n evaluations later" in report
    assert report.endswith("FAIL: Prometheus 2.42: some_test.yaml: a test\ngot: [nil]\n")


@pytest.mark.parametrize("engine", ENGINES, ids=str)
def test_the_document_names_each_engine_and_where_it_comes_from(engine: Pinned) -> None:
    text = (ROOT / "docs/engines.md").read_text()
    repository, _, _ = engine.image.replace(":", "@").partition("@")
    assert f"| {engine} | {engine.suite} | {engine.package} | {repository} |" in text
