"""The tests that are derived from a configuration fail for the rules of another."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.durations import hours, minutes
from contract.file import load
from delivery.targets import ALERTS, rule_file
from rules_tests.contract_times import contract_tests
from rules_tests.index import OTHER
from rules_tests.promtool_files import run
from tools.promtool import Promtool, PromtoolError

EXAMPLE = load(OTHER)
ONCE = [test for test in contract_tests(EXAMPLE) if test.name.endswith("every 60 s")]
ABOUT = {"failures": "fire", "token_spike": "average", "zero_traffic": "silence"}


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("failures", {"threshold": 0.0515}),
        ("failures", {"threshold": 0.0485}),
        ("failures", {"window": minutes(13)}),
        ("failures", {"window": minutes(7)}),
        ("failures", {"hold": minutes(4)}),
        ("failures", {"hold": minutes(0)}),
        ("failures", {"severity": "critical"}),
        ("token_spike", {"factor": 4.1}),
        ("token_spike", {"factor": 3.9}),
        ("token_spike", {"window": minutes(30)}),
        ("token_spike", {"window": minutes(15)}),
        ("token_spike", {"hold": minutes(10)}),
        ("token_spike", {"hold": minutes(0)}),
        ("token_spike", {"severity": "warning"}),
        ("zero_traffic", {"window": minutes(48)}),
        ("zero_traffic", {"window": minutes(43)}),
        ("zero_traffic", {"hold": minutes(5)}),
        ("zero_traffic", {"hold": minutes(0)}),
        ("zero_traffic", {"memory": hours(12) - minutes(5)}),
        ("zero_traffic", {"memory": hours(12) + minutes(5)}),
        ("zero_traffic", {"severity": "warning"}),
    ],
    ids=str,
)
def test_rules_of_another_value_do_not_pass(
    tmp_path: Path, part: str, changed: dict[str, Any]
) -> None:
    other = replace(EXAMPLE, **{part: replace(getattr(EXAMPLE, part), **changed)})
    file = tmp_path / ALERTS.name
    file.write_text(rule_file(other))
    for test in (test for test in ONCE if ABOUT[part] in test.name):
        try:
            run(replace(test, rule_files=(file,)), Promtool.found())
        except PromtoolError:
            return
    pytest.fail("no test noticed")
