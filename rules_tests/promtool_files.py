"""Read promtool test files, and refuse mistakes that promtool accepts silently.

promtool reports success if an alert that is expected not to fire has a misspelt name, if a test has
no name, and if a pattern for rule files matches none; and it takes 0x9 for a number. Here each test
must have a unique name, and may only name alerts that exist.
"""

import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import Any

import yaml

from rules_tests import spelling
from tools.promtool import Promtool

_HEXADECIMAL = re.compile(r"(^|\s)0x\d")
_ZERO = "0x9 is the hexadecimal number 9: write a constant zero as 0+0x9"


class RulesTestError(Exception):
    """A test file has a mistake; the message names file and test."""


@dataclass(frozen=True)
class NamedTest:
    """One test of a file, with the settings that the file has for all its tests."""

    name: str
    file: Path
    rule_files: tuple[Path, ...]
    shared: dict[str, Any]
    body: dict[str, Any]

    def alone(self) -> str:
        """The text of a test file with only this test, which works in any folder."""
        # promtool takes each as a pattern, and passes the test if it matches nothing.
        rule_files = [re.sub(r"([*?\[\\])", r"\\\1", str(path)) for path in self.rule_files]
        return spelling.dump({"rule_files": rule_files, **self.shared, "tests": [self.body]})

    def series(self) -> list[dict[str, str]]:
        """The input series, each with its name and labels (`series`) and its `values`."""
        return [
            {key: str(value) for key, value in series.items()}
            for series in self.body.get("input_series") or ()
        ]

    def expectations(self) -> list[tuple[str, bool]]:
        """Each alert that the test names, and whether it is expected to fire."""
        return [
            (str(case.get("alertname", "")), bool(case.get("exp_alerts")))
            for case in self.body.get("alert_rule_test") or ()
        ]


@dataclass(frozen=True)
class TestFile:
    """A test file of the right form; its rules have not been read yet."""

    __test__ = False  # pytest must not collect it

    path: Path
    rule_files: tuple[Path, ...]
    shared: dict[str, Any]
    """The file's other keys, beside rule files and tests; they apply to each test."""
    bodies: tuple[dict[str, Any], ...]

    def tests(self) -> list[NamedTest]:
        """Its tests. Raises RulesTestError for one that has no name or can prove nothing."""
        known = alert_names(self.rule_files)
        tests = [self._named(body) for body in self.bodies]
        names = [test.name for test in tests]
        for number, test in enumerate(tests, 1):
            if not test.name or names.count(test.name) > 1:
                message = f"every test needs a name of its own: {test.name!r} (number {number})"
                raise RulesTestError(f"{self.path}: {message}")
            fault = _fault(test, known)
            if fault:
                raise RulesTestError(f"{self.path}: {test.name}: {fault}")
        return tests

    def _named(self, body: dict[str, Any]) -> NamedTest:
        return NamedTest(
            name=str(body.get("name") or ""),
            file=self.path,
            rule_files=self.rule_files,
            shared=self.shared,
            body=body,
        )


def load(file: Path) -> list[NamedTest]:
    """The tests of `file`. Raises RulesTestError where one has no name, or an unknown alert."""
    return read(file).tests()


def read(file: Path) -> TestFile:
    """The test file `file`, with its rule files found.

    Raises RulesTestError where it is no YAML of promtool's form, or where it names rule files that
    do not exist.
    """
    document = _mapping(file)
    for key in ("rule_files", "tests"):
        if not document.get(key) or not isinstance(document[key], list):
            message = "a promtool test file has a list here, with something in it"
            raise RulesTestError(f"{file}: {key}: {message}")
    bodies = document.pop("tests")
    for number, body in enumerate(bodies, 1):
        if fault := _malformed(body):
            raise RulesTestError(f"{file}: tests, number {number}: {fault}")
    patterns = document.pop("rule_files")
    rule_files = [path for pattern in patterns for path in _found(file, str(pattern))]
    return TestFile(file, tuple(dict.fromkeys(rule_files)), document, tuple(bodies))


def run(test: NamedTest, promtool: Promtool) -> str:
    """Let `promtool` judge `test`, and return its report.

    Raises PromtoolError with promtool's own message where the test fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        # The rules are copied beside it, since promtool in a container does not see every folder.
        copies = tuple(Path(f"rules-{number}.yaml") for number in range(len(test.rule_files)))
        for path, copy in zip(test.rule_files, copies, strict=True):
            shutil.copyfile(path, folder / copy)
        alone = Path(folder) / f"{test.file.stem}.yaml"
        alone.write_text(replace(test, rule_files=copies).alone(), encoding="utf-8")
        return promtool.test_rules(alone)


def alert_names(rule_files: tuple[Path, ...]) -> set[str]:
    """The alerts of `rule_files`. Raises RulesTestError where one is no rule file."""
    return {
        str(rule["alert"])
        for file in rule_files
        for group in _list(file, _mapping(file), "groups")
        for rule in _list(file, group, "rules")
        if "alert" in rule
    }


def _list(file: Path, parent: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The mappings in the list under `key`, which may be missing or empty."""
    found = parent.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise RulesTestError(f"{file}: {key}: is no list of mappings")
    return found


def _mapping(file: Path) -> dict[str, Any]:
    """The content of the YAML file `file`, which must be a mapping."""
    try:
        document = spelling.load(file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise RulesTestError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RulesTestError(f"{file}: is no text in UTF-8") from None
    except (yaml.YAMLError, ValueError) as error:
        raise RulesTestError(f"{file}: is no YAML: {error}") from None
    if not isinstance(document, dict):
        raise RulesTestError(f"{file}: is no YAML mapping, which this file must be")
    return document


def _found(file: Path, pattern: str) -> list[Path]:
    """The rule files that `pattern` names in the test file `file`; promtool's patterns are Go's."""
    ours = re.sub(r"\\(.)", r"[\1]", pattern).replace("[^", "[!")
    folder = file.parent.resolve()
    found = glob(ours, root_dir=folder, include_hidden=True)  # noqa: PTH207  # Path's takes no absolute one
    if not found:
        raise RulesTestError(f"{file}: rule_files: {pattern}: there is no such file")
    return [(folder / path).resolve() for path in sorted(found)]


def _malformed(body: Any) -> str:
    """What is wrong with the form of a test, in the parts that we read; else empty."""
    if not isinstance(body, dict):
        return "is no mapping"
    for key in ("input_series", "alert_rule_test", "promql_expr_test"):
        entries = body.get(key) or []
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            return f"{key}: is no list of mappings"
    return ""


def _fault(test: NamedTest, known: set[str]) -> str:
    """Why `test` cannot prove what it is meant to; empty where it can."""
    if not test.body.get("alert_rule_test") and not test.body.get("promql_expr_test"):
        return "expects nothing"
    if any(_HEXADECIMAL.search(series.get("values", "")) for series in test.series()):
        return _ZERO
    unknown = {alert for alert, _ in test.expectations()} - known
    return f"no such alert: {sorted(unknown)}" if unknown else ""
