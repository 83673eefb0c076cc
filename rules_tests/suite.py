"""Judge any promtool test files, and the rule files that they name."""

import os
import shutil
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path
from textwrap import dedent
from typing import TypeVar

from rules_tests.promtool_files import NamedTest, RulesTestError, TestFile, objection, read, run
from tools.promtool import Promtool

_MAGIC = frozenset("*?[")
_From = TypeVar("_From")
_To = TypeVar("_To")


def files_of(patterns: Sequence[str]) -> list[TestFile]:
    """The test files of `patterns`, which are paths or globs (`**` is any depth of folders).

    Raises RulesTestError with everything that is wrong with them.
    """
    found = _each(lambda pattern: _each(read, _paths(pattern)), patterns)
    return list({file.path: file for files in found for file in files}.values())


def judge_rules(files: Sequence[TestFile], promtool: Promtool) -> dict[Path, str]:
    """What `promtool check rules` objects to in each rule file alone; empty if all is well."""
    paths = dict.fromkeys(path for file in files for path in file.rule_files)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        messages = pool.map(lambda path: _checked(path, promtool), paths)
        return dict(zip(paths, messages, strict=True))


def judge_tests(
    files: Sequence[TestFile], promtool: Promtool, broken: Container[Path]
) -> Iterator[tuple[TestFile, Iterator[tuple[str, str]]]]:
    """Each file with its tests' names and promtool's objections to them, empty if all is well.

    No test of a file is run if one of its rule files is in `broken`. Raises RulesTestError before
    any test runs, where one has no name or cannot prove what it is meant to.
    """

    def tests(file: TestFile) -> list[NamedTest]:
        return [] if any(path in broken for path in file.rule_files) else file.tests()

    def judged(test: NamedTest) -> tuple[str, str]:
        return test.name, _message(lambda: run(test, promtool, whole=True))

    found = _each(tests, files)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(files, [pool.map(judged, each) for each in found], strict=True)


def shown(path: Path) -> str:
    """`path` as seen from where the command runs."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _each(call: Callable[[_From], _To], items: Iterable[_From]) -> list[_To]:
    """`call` of each item. Raises RulesTestError with the reasons of all that raise it."""
    done: list[_To] = []
    refused: list[str] = []
    for item in items:
        try:
            done.append(call(item))
        except RulesTestError as error:
            refused += error.args
    if refused:
        raise RulesTestError(*dict.fromkeys(refused))
    return done


def _paths(pattern: str) -> list[Path]:
    """The files that `pattern` names."""
    if not _MAGIC & set(pattern) or Path(pattern).exists():
        matches, none = [pattern], "there is no such file"
    else:
        matches, none = sorted(glob(pattern, recursive=True)), "matches none"  # noqa: PTH207  # Path's takes no absolute one
    found = [Path(path) for path in matches if Path(path).is_file()]
    if not found:
        raise RulesTestError(f"{pattern}: {none}")
    return found


def _checked(path: Path, promtool: Promtool) -> str:
    with tempfile.TemporaryDirectory() as folder:
        # A copy, since promtool in a container does not see every folder.
        copy = Path(shutil.copyfile(path, Path(folder) / path.name))
        message = _message(lambda: promtool.check_rules(copy))
    return message.replace(str(copy), shown(path))


def _message(call: Callable[[], str]) -> str:
    """Promtool's objection without lines that name our temporary file or say only FAILED."""
    said = objection(call)
    noise = ("Unit Testing:", "Checking ")
    kept = [line for line in said.splitlines() if not line.startswith(noise)]
    return dedent("\n".join(line for line in kept if line.strip() not in {"", "FAILED:"})) or said
