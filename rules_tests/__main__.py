"""The command `python -m rules_tests`: run any promtool test files as strictly as our own."""

import sys
from collections import Counter
from collections.abc import Sequence
from textwrap import indent

from rules_tests.promtool_files import RulesTestError, TestFile
from rules_tests.suite import files_of, judge_rules, judge_tests, shown
from tools import ToolError
from tools.arguments import Parser
from tools.promtool import Promtool

_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the files of the command line.

    0: each rule file loads and each test passes; 1: one does not; 2: the files cannot be judged, or
    there is no promtool.
    """
    parser = Parser(
        prog="python -m rules_tests",
        description="Check the rule files that promtool test files name, and run each of their "
        "tests by itself. A test without a name or without expectations, and one of an alert that "
        "no rule has, is refused.",
        epilog="example: python -m rules_tests 'rules/**/*_test.yaml'",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a test file, or a pattern of them; an argument may hold several, one a line",
    )
    files: list[str] = parser.parse_args(arguments).files
    patterns = [line.strip() for each in files for line in each.splitlines() if line.strip()]
    try:
        if not patterns:
            raise RulesTestError("no test file was named")
        return _judge(files_of(patterns), Promtool.found())
    except (RulesTestError, ToolError) as error:
        for reason in error.args:
            print(f"test-rules: {reason}", file=sys.stderr)
    return _BAD_INPUT


def _judge(files: Sequence[TestFile], promtool: Promtool) -> int:
    """Print the verdicts as they come, and return the exit code."""
    counts: Counter[str] = Counter()
    rules = judge_rules(files, promtool)
    broken = {path for path, message in rules.items() if message}
    judged = judge_tests(files, promtool, broken)
    print("promtool check rules")
    for path, message in rules.items():
        _say(shown(path), message)
    for file, verdicts in judged:
        print(file.path)
        if broken & set(file.rule_files):
            counts["not run"] += len(file.bodies)
            print(f"  not run: {len(file.bodies)} tests, since a rule file of theirs is broken")
        for name, message in verdicts:
            counts["failed" if message else "passed"] += 1
            _say(name, message)
    print(
        f"tests: {counts['passed']} passed, {counts['failed']} failed, {counts['not run']} not "
        f"run; rule files: {len(rules) - len(broken)} passed, {len(broken)} broken"
    )
    return int(bool(broken or counts["failed"]))


def _say(what: str, message: str) -> None:
    """Print a verdict, with promtool's message if there is one."""
    print(f"  {'FAIL' if message else 'pass'}  {what}", flush=True)
    if message:
        print(indent(message, " " * 10), flush=True)


if __name__ == "__main__":
    sys.exit(main())
