"""Tests derived from one configuration fail for the rules of another."""

from dataclasses import replace
from typing import Any

import pytest

from config.file import load
from contract.durations import minutes
from delivery.targets import rule_file
from rules_tests.case import Scrape
from rules_tests.contract_times import contract_tests, whole_baseline_tests
from rules_tests.index import OTHER
from rules_tests.promtool_files import run
from tools.promtool import Promtool, PromtoolError

EXAMPLE = load(OTHER)
TESTS = {
    test.name: test
    for test in (*contract_tests(EXAMPLE, [Scrape(60)]), *whole_baseline_tests(EXAMPLE))
}
LOSS, SPIKE, SILENCE = "failures", "token_spike", "zero_traffic"


@pytest.mark.parametrize(
    ("part", "changed", "told_by"),
    [
        (LOSS, {"threshold": 0.0515}, "5.1 % of flushes failing fire"),
        (LOSS, {"threshold": 0.0485}, "a total outage"),
        (LOSS, {"window": minutes(13)}, "a total outage"),
        (LOSS, {"window": minutes(7)}, "5.1 % of flushes failing fire"),
        (LOSS, {"for_": minutes(4)}, "a total outage"),
        (LOSS, {"for_": minutes(0)}, "a total outage"),
        (LOSS, {"severity": "critical"}, "a total outage"),
        (SPIKE, {"factor": 4.1}, "4.08 times"),
        (SPIKE, {"factor": 3.9}, "4.08 times"),
        (SPIKE, {"window": minutes(30)}, "4.08 times"),
        (SPIKE, {"window": minutes(15)}, "4.08 times"),
        (SPIKE, {"for_": minutes(10)}, "4.08 times"),
        (SPIKE, {"for_": minutes(0)}, "4.08 times"),
        (SPIKE, {"severity": "warning"}, "4.8 times the average of 1.1"),
        (SILENCE, {"window": minutes(48)}, "a silence fires"),
        (SILENCE, {"window": minutes(43)}, "a silence fires"),
        (SILENCE, {"for_": minutes(5)}, "a silence fires"),
        (SILENCE, {"for_": minutes(0)}, "a silence fires"),
        (SILENCE, {"lookback": minutes(55)}, "a silence without a target"),
        (SILENCE, {"lookback": minutes(65)}, "a silence without a target"),
        (SILENCE, {"severity": "warning"}, "a silence fires"),
    ],
    ids=str,
)
def test_rules_of_another_value_do_not_pass(
    part: str, changed: dict[str, Any], told_by: str
) -> None:
    other = replace(EXAMPLE, **{part: replace(getattr(EXAMPLE, part), **changed)})
    (test,) = (test for name, test in TESTS.items() if name.startswith(told_by))
    with pytest.raises(PromtoolError):
        run(replace(test, rules=(rule_file(other),)), Promtool.found())
