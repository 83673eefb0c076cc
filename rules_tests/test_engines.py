"""The runner of `make test-engines`, without any engine."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from rules_tests.engines.__main__ import ENGINES, show
from rules_tests.engines.judge import (
    DIFFERENT,
    DIFFERS,
    FAIL,
    NOT_ASKED,
    PASS,
    Verdict,
    Vmalert,
    chains,
    judge,
)
from rules_tests.index import generated_tests, written_tests
from rules_tests.promtool_files import NamedTest
from tools import ROOT
from tools.locate import Program
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


def test_the_chain_of_records_that_each_rule_reads_is_counted() -> None:
    counted = {"a:seen:sum": 0, "a:other:sum": 0, "a:seen:max1h": 1, "Down": 2}
    assert chains([RULES]) == counted


def _program(script: str) -> tuple[str, ...]:
    """An engine that runs `script`, in which $file is the test file that it is given."""
    return ("sh", "-c", f'for file; do file="${{file#--files=}}"; done\n{script}', "engine")


def _verdicts(test: NamedTest, holds: str) -> tuple[str, str]:
    """Those of a Prometheus and a vmalert on which a test passes if all its times match `holds`."""
    program = _program(f'grep eval_time: "$file" | grep -vwE "{holds}" && exit 1; exit 0')
    return judge(Promtool(program), test).words, judge(Vmalert(program), test).words


@pytest.mark.parametrize(
    ("name", "holds", "verdicts"),
    [
        ("what fires when it must", "5m|9m|1h", (PASS, PASS)),
        ("an evaluation late", "5m|9m30s|1h", (FAIL, f"{DIFFERS} (+1)")),
        ("each late by its own", "5m|9m30s|1h1m", (FAIL, f"{DIFFERS} (+2)")),
        ("later than the chain", "5m|10m30s|1h", (FAIL, FAIL)),
        ("what must be quiet gets no grace", "9m30s|1h", (FAIL, FAIL)),
        (DIFFERENT[0], "5m|9m|1h", (PASS, FAIL)),
        (DIFFERENT[0], "5m|9m", (FAIL, DIFFERS)),
        (f"{NOT_ASKED}it is reset", "5m|9m", (FAIL, DIFFERS)),
    ],
)
def test_on_vmalert_what_fires_may_be_late_by_the_chain_and_some_is_known_to_differ(
    named: NamedTest, name: str, holds: str, verdicts: tuple[str, str]
) -> None:
    assert _verdicts(replace(named, name=name), holds) == verdicts


def test_a_sample_of_zero_expects_nothing_to_fire(named: NamedTest) -> None:
    named.body["promql_expr_test"] = [{**FIRING, "exp_samples": [{"value": 0}]}]
    assert _verdicts(named, "9m30s|1h") == (FAIL, FAIL)


def test_expressions_are_asked_in_vmalerts_words(named: NamedTest) -> None:
    said = judge(Vmalert(_program('cat "$file"; exit 1')), named).message
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
    test = replace(named, name="with [brackets]")
    show(Console(file=printed, width=140, markup=False), [test], verdicts)
    report = printed.getvalue()
    lines = [line.split("│")[1:-1] for line in report.splitlines() if "│" in line]
    assert [[cell.strip() for cell in line] for line in lines] == [
        ["some_test.yaml", "", ""],
        ["with [brackets]", "FAIL", "differs as documented (+2)"],
        ["1 tests", "0 passed", "1 passed"],
    ]
    assert "differs as documented (+n): what must fire does n evaluations later" in report
    assert report.endswith("FAIL: Prometheus 2.42: some_test.yaml: with [brackets]\ngot: [nil]\n")


@pytest.mark.parametrize("engine", ENGINES, ids=str)
def test_the_document_names_each_engine_and_where_it_comes_from(engine: Program) -> None:
    text = (ROOT / "docs/engines.md").read_text()
    repository, _, _ = engine.image.replace(":", "@").partition("@")
    assert f"| {engine} | {engine.suite} | {engine.packages[0]} | {repository} |" in text
