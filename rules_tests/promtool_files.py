"""Read promtool test files, and refuse mistakes that promtool accepts silently.

promtool reports success if an alert that is expected not to fire has a misspelt name, if a test has
no name, and if a pattern for rule files matches none; and it takes 0x9 for a number. Here each test
must have a unique name, and may only name alerts that exist.
"""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from contract.file import ConfigError, parsed
from rules_tests import spelling
from rules_tests.rule_files import needed
from tools.promtool import Promtool, PromtoolError

EXPECTATIONS = ("alert_rule_test", "promql_expr_test")
"""The keys of a test that say what is expected."""

RULES = "rules-{}.yaml"
"""The name that a test file of ours has for its rule file of a number."""

_HEXADECIMAL = re.compile(r"(^|\s)0x\d")


@dataclass(frozen=True)
class NamedTest:
    """One test of a file, with the settings that the file has for all its tests."""

    name: str
    file: Path
    rules: tuple[str, ...]
    """The texts of its rule files."""
    shared: dict[str, Any]
    body: dict[str, Any]
    series: Callable[[], list[dict[str, str]]] | None = None
    """Makes the `input_series` that `body` lacks. It is called only where they are needed."""

    @property
    def asked(self) -> list[Any]:
        """All that the test expects, in promtool's form."""
        return [self.body.get(key) for key in EXPECTATIONS]

    @property
    def text(self) -> str:
        """A test file with only this test, as `judged` takes it."""
        body = self.body | ({"input_series": self.series()} if self.series else {})
        copies = [RULES.format(number) for number in range(len(self.rules))]
        return spelling.dump({"rule_files": copies, **self.shared, "tests": [body]})


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
        """Its tests, of rule files that promtool takes.

        Raises ConfigError for one that has no name or can prove nothing.
        """
        alerts = {alert for path in self.rule_files for alert in _alerts(path)}
        rules = tuple(path.read_text(encoding="utf-8") for path in self.rule_files)
        names = [str(body.get("name") or "") for body in self.bodies]
        for number, (name, body) in enumerate(zip(names, self.bodies, strict=True), 1):
            if not name or names.count(name) > 1:
                message = f"every test needs a name of its own: {name!r} (number {number})"
                raise ConfigError(f"{self.path}: {message}")
            if fault := _fault(body, alerts):
                raise ConfigError(f"{self.path}: {name}: {fault}")
        return [
            NamedTest(name, self.path, rules, self.shared, body)
            for name, body in zip(names, self.bodies, strict=True)
        ]


def _alerts(file: Path) -> Iterator[str]:
    """The alerts of a rule file. Raises ConfigError for a null that promtool takes for a rule."""
    for group in _list(file, parsed(file, spelling.Loader), "groups"):
        yield from (str(rule["alert"]) for rule in _list(file, group, "rules") if "alert" in rule)


def _fault(body: dict[str, Any], alerts: set[str]) -> str:
    """Why a test of rules with these `alerts` cannot prove what it is meant to; empty if it can."""
    if not any(body.get(key) for key in EXPECTATIONS):
        return f"expects nothing: give it {' or '.join(EXPECTATIONS)}"
    if any(_HEXADECIMAL.search(str(each.get("values"))) for each in body.get("input_series") or ()):
        return "0x9 is the hexadecimal number 9: write a constant zero as 0+0x9"
    cases = body.get("alert_rule_test") or ()
    unknown = {str(case.get("alertname", "")) for case in cases} - alerts
    return f"alertname: no such alert in its rule files: {sorted(unknown)}" if unknown else ""


def read(file: Path) -> TestFile:
    """The test file `file`, with its rule files found.

    Raises ConfigError where its form is not promtool's, or a rule file that it names is not there.
    """
    document = parsed(file, spelling.Loader)
    if not isinstance(document, dict):
        raise ConfigError(f"{file}: must be a mapping with rule_files and tests")
    for key in ("rule_files", "tests"):
        if not document.get(key) or not isinstance(document[key], list):
            raise ConfigError(f"{file}: {key}: must be a list with something in it")
    bodies = document.pop("tests")
    for number, body in enumerate(bodies, 1):
        where = f"{file}: tests, number {number}"
        if not isinstance(body, dict):
            raise ConfigError(f"{where}: must be a mapping")
        for key in ("input_series", *EXPECTATIONS):
            _list(where, body, key)
    patterns = document.pop("rule_files")
    rule_files = [path for pattern in patterns for path in _found(file, str(pattern))]
    return TestFile(file, tuple(dict.fromkeys(rule_files)), document, tuple(bodies))


def run(test: NamedTest, promtool: Promtool, *, whole: bool = False) -> str:
    """Let `promtool` judge `test`, and return its report.

    Unless `whole`, rules that the test does not name are left out, which saves time; a test of
    somebody else's may read rules without naming them. Raises PromtoolError with promtool's own
    message where the test fails.
    """
    rules = test.rules if whole else [needed(text, test.asked) for text in test.rules]
    return judged(promtool, test.text, *rules)


def judged(promtool: Promtool, test: str, *rules: str) -> str:
    """Promtool's report on the test file `test` (its text) beside its rule files, named RULES.

    They are copies, since promtool in a container does not see every folder, and since it takes
    paths of rule files as patterns: it passes a test if they match nothing. Raises PromtoolError.
    """
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(rules):
            Path(folder, RULES.format(number)).write_text(text, encoding="utf-8")
        file = Path(folder, "test.yaml")
        file.write_text(test, encoding="utf-8")
        return promtool.test_rules(file)


def objection(call: Callable[[], str]) -> str:
    """What promtool objects to in `call`, or why it was not asked; empty where it is content."""
    try:
        call()
    except PromtoolError as error:
        return error.output or f"exit code {error.exit_code}, without a word"
    except RecursionError:
        return "is nested too deep"
    except subprocess.TimeoutExpired as error:
        return f"no verdict within {error.timeout:.0f} s"
    return ""


def _list(where: object, parent: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The mappings in the list under `key`, which may be missing or empty."""
    found = parent.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ConfigError(f"{where}: {key}: must be a list of mappings")
    return found


def _found(file: Path, pattern: str) -> list[Path]:
    """The rule files that `pattern` names in the test file `file`; promtool's patterns are Go's."""
    ours = re.sub(r"\\(.)", r"[\1]", pattern).replace("[^", "[!")
    folder = file.parent.resolve()
    found = glob(ours, root_dir=folder, include_hidden=True)  # noqa: PTH207  # Path's takes no absolute one
    if not found:
        raise ConfigError(f"{file}: rule_files: {pattern}: there is no such file")
    return [(folder / path).resolve() for path in sorted(found)]
