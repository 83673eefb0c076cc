"""The command `python -m rules_tests`: run any promtool test files as strictly as our own."""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from itertools import chain
from pathlib import Path
from textwrap import dedent, indent
from typing import TypeVar

from contract.command import BAD_INPUT, Parser, done
from contract.file import ConfigError
from rules_tests.promtool_files import NamedTest, TestFile, objection, read, run
from tools.promtool import Promtool

_From = TypeVar("_From")
_To = TypeVar("_To")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the files of the command line.

    0: each rule file loads and each test passes; 1: one does not; 2: the files cannot be judged, or
    there is no promtool; 128 + n: signal n ended it.
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
        help="a test file, or a pattern of them (`**` is any depth of folders); an argument may "
        "hold several, one a line",
    )
    files: list[str] = parser.parse_args(arguments).files
    patterns = [line.strip() for each in files for line in each.splitlines() if line.strip()]
    return done("test-rules", lambda: _judge(_read(patterns), Promtool.found()), failed=BAD_INPUT)


def _read(patterns: Sequence[str]) -> Sequence[TestFile]:
    """The test files, each once. Raises ConfigError."""
    if not patterns:
        raise ConfigError("no test file was named")
    found = _each(lambda pattern: _each(read, _paths(pattern)), patterns)
    return list({file.path: file for files in found for file in files}.values())


def _judge(files: Sequence[TestFile], promtool: Promtool) -> int:
    """Print the verdicts as they come, and return the exit code.

    No test of a file is run if one of its rule files is broken. Raises ConfigError before any
    test runs, where one has no name or cannot prove what it is meant to.
    """

    def judged(test: NamedTest) -> str:
        return _message(lambda: run(test, promtool, whole=True))

    counts: Counter[str] = Counter()
    paths = dict.fromkeys(path for file in files for path in file.rule_files)
    broken = set()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        print("promtool check rules")
        checked = pool.map(lambda path: _checked(path, promtool), paths)
        for path, message in zip(paths, checked, strict=True):
            if message:
                broken.add(path)
            _say(_shown(path), message)
        tests = _each(lambda file: [] if broken & {*file.rule_files} else file.tests(), files)
        messages = pool.map(judged, chain(*tests))  # one, so that Ctrl-C drops all that wait
        for file, each in zip(files, tests, strict=True):
            print(file.path)
            if not each:
                counts["not run"] += len(file.bodies)
                print(f"  not run: {len(file.bodies)} tests, since a rule file of theirs is broken")
            for test in each:
                message = next(messages)
                counts["failed" if message else "passed"] += 1
                _say(test.name, message)
    print(
        f"tests: {counts['passed']} passed, {counts['failed']} failed, {counts['not run']} not "
        f"run; rule files: {len(paths) - len(broken)} passed, {len(broken)} broken"
    )
    return int(bool(broken or counts["failed"]))


def _say(what: str, message: str) -> None:
    """Print a verdict, with promtool's message if there is one."""
    print(f"  {'FAIL' if message else 'pass'}  {what}", flush=True)
    if message:
        print(indent(message, " " * 10), flush=True)


def _each(call: Callable[[_From], _To], items: Iterable[_From]) -> list[_To]:
    """`call` of each item. Raises ConfigError with the reasons of all that raise it."""
    made: list[_To] = []
    refused: list[str] = []
    for item in items:
        try:
            made.append(call(item))
        except ConfigError as error:
            refused.append(str(error))
    if refused:
        raise ConfigError("\ntest-rules: ".join(dict.fromkeys(refused)))
    return made


def _paths(pattern: str) -> list[Path]:
    """The files that `pattern` names; it may be the name of one that looks like a pattern."""
    matches = [pattern] if Path(pattern).is_file() else sorted(glob(pattern, recursive=True))  # noqa: PTH207  # Path's takes no absolute one
    found = [Path(path) for path in matches if Path(path).is_file()]
    if Path(pattern).is_dir():
        raise ConfigError(f"{pattern}: is a folder: name its test files, {pattern}/*_test.yaml")
    if not found:
        raise ConfigError(f"{pattern}: matches no file")
    return found


def _checked(path: Path, promtool: Promtool) -> str:
    """What `promtool check rules` objects to in a rule file; empty if all is well."""
    with tempfile.TemporaryDirectory() as folder:
        # A copy, since promtool in a container does not see every folder.
        copy = Path(folder, path.name)
        try:
            copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        except (OSError, UnicodeError) as error:
            return f"cannot be read as text in UTF-8 ({error})"
        message = _message(lambda: promtool.check_rules(copy))
    return message.replace(str(copy), _shown(path))


def _shown(path: Path) -> str:
    """`path` as seen from where the command runs."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _message(call: Callable[[], str]) -> str:
    """Promtool's objection without lines that name our temporary file or say only FAILED."""
    said = objection(call)
    noise = ("Unit Testing:", "Checking ")
    kept = [line for line in said.splitlines() if not line.startswith(noise)]
    return dedent("\n".join(line for line in kept if line.strip() not in {"", "FAILED:"})) or said


if __name__ == "__main__":
    sys.exit(main())
