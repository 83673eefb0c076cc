"""Read promtool test files, and refuse what promtool would let pass in silence.

promtool reports success for a misspelt alert name that is expected not to fire, and for a test
without a name, and takes 0x9 for a number. Here each test has a name of its own, and speaks of
alerts that there are.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.promtool import Promtool

_SHARED = ("evaluation_interval", "group_eval_order", "fuzzy_compare")
"""Keys of a test file, beside its rule files and tests, that apply to each of its tests."""


_HEXADECIMAL = re.compile(r"(^|\s)0x\d")
_ZERO = "0x9 is the hexadecimal number 9: write a constant zero as 0+0x9"


class RulesTestError(Exception):
    """A test file says something that cannot be meant; the message names file and test."""


@dataclass(frozen=True)
class NamedTest:
    """One test of a file, with what the file says for all its tests."""

    name: str
    file: Path
    rule_files: tuple[Path, ...]
    shared: dict[str, Any]
    body: dict[str, Any]

    def alone(self) -> str:
        """The text of a test file that holds this test only, and can stand anywhere."""
        rule_files = [str(path) for path in self.rule_files]
        return yaml.safe_dump({"rule_files": rule_files, **self.shared, "tests": [self.body]})

    def series(self) -> list[dict[str, str]]:
        """The input series, each with its name and labels (`series`) and its `values`."""
        return [
            {key: str(value) for key, value in series.items()}
            for series in self.body.get("input_series", ())
        ]

    def expectations(self) -> list[tuple[str, bool]]:
        """Each alert that the test asks for, and whether it is expected to fire."""
        return [
            (case["alertname"], bool(case.get("exp_alerts")))
            for case in self.body.get("alert_rule_test", ())
        ]


def load(file: Path) -> list[NamedTest]:
    """The tests of `file`. Raises RulesTestError where one has no name, or names no known alert."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    rule_files = tuple((file.parent / name).resolve() for name in document["rule_files"])
    known = alert_names(rule_files)
    tests = [
        NamedTest(
            name=body.get("name", ""),
            file=file,
            rule_files=rule_files,
            shared={key: document[key] for key in _SHARED if key in document},
            body=body,
        )
        for body in document["tests"]
    ]
    names = [test.name for test in tests]
    for test in tests:
        if not test.name or names.count(test.name) > 1:
            raise RulesTestError(f"{file.name}: every test needs a name of its own: {test.name!r}")
        if not test.body.get("alert_rule_test") and not test.body.get("promql_expr_test"):
            raise RulesTestError(f"{file.name}: {test.name}: expects nothing")
        if any(_HEXADECIMAL.search(series["values"]) for series in test.series()):
            raise RulesTestError(f"{file.name}: {test.name}: {_ZERO}")
        unknown = {alert for alert, _ in test.expectations()} - known
        if unknown:
            raise RulesTestError(f"{file.name}: {test.name}: no such alert: {sorted(unknown)}")
    return tests


def run(test: NamedTest, promtool: Promtool) -> str:
    """Let `promtool` judge `test`, and return its report.

    Raises PromtoolError with promtool's own message where the test fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / f"{test.file.stem}.yaml"
        alone.write_text(test.alone(), encoding="utf-8")
        return promtool.test_rules(alone)


def alert_names(rule_files: tuple[Path, ...]) -> set[str]:
    """The alerts of `rule_files`."""
    return {
        rule["alert"]
        for file in rule_files
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
