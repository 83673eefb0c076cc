"""Judge any promtool test files, and the rule files that they name."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from textwrap import dedent

from rules_tests.promtool_files import NamedTest, RulesTestError, TestFile, read, run
from tools.promtool import Promtool, PromtoolError

_MAGIC = frozenset("*?[")


class InputError(Exception):
    """The input cannot be judged; `reasons` has the reason for each file."""

    def __init__(self, reasons: Sequence[str]) -> None:
        """Keep the reasons, which are also the message."""
        self.reasons = tuple(reasons)
        super().__init__("\n".join(reasons))


@dataclass(frozen=True)
class Verdict:
    """promtool's result for a rule file or one test; an empty message if all is well."""

    what: str
    message: str = ""


@dataclass(frozen=True)
class Suite:
    """Test files, and the rule files that they name."""

    files: tuple[TestFile, ...]

    def rule_files(self) -> tuple[Path, ...]:
        """Each rule file once."""
        return tuple(dict.fromkeys(path for file in self.files for path in file.rule_files))

    def judge_rules(self, promtool: Promtool) -> dict[Path, Verdict]:
        """The verdict of `promtool check rules` on each rule file alone."""
        paths = self.rule_files()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            verdicts = pool.map(lambda path: _checked(path, promtool), paths)
            return dict(zip(paths, verdicts, strict=True))

    def judge_tests(
        self, promtool: Promtool, loadable: Callable[[Path], bool]
    ) -> Iterator[tuple[TestFile, Iterator[Verdict]]]:
        """Each file with the verdicts on its tests, in order; none if a rule file is broken.

        `loadable` says whether promtool loads a rule file. Raises InputError before any test runs,
        where one has no name or cannot prove what it is meant to.
        """
        tests = self._named(loadable)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            running = {
                path: [pool.submit(_judged, test, promtool) for test in found]
                for path, found in tests.items()
            }
            for file in self.files:
                yield file, (each.result() for each in running[file.path])

    def _named(self, loadable: Callable[[Path], bool]) -> dict[Path, list[NamedTest]]:
        found: dict[Path, list[NamedTest]] = {}
        refused = []
        for file in self.files:
            try:
                ready = all(map(loadable, file.rule_files))
                found[file.path] = file.tests() if ready else []
            except RulesTestError as error:
                refused.append(str(error))
        if refused:
            raise InputError(refused)
        return found


def suite(patterns: Sequence[str]) -> Suite:
    """The test files of `patterns`, which are paths or globs (`**` is any depth of folders).

    Raises InputError with everything that is wrong with them.
    """
    files = []
    refused = []
    for path, error in _expanded(patterns).items():
        try:
            if error:
                raise RulesTestError(error)
            files.append(read(Path(path)))
        except RulesTestError as reason:
            refused.append(str(reason))
    if refused:
        raise InputError(refused)
    return Suite(tuple(files))


def _expanded(patterns: Sequence[str]) -> dict[str, str]:
    """Each file that `patterns` name, once, with what is wrong with it."""
    paths: dict[str, str] = {}
    for pattern in patterns:
        if not _MAGIC & set(pattern) or Path(pattern).exists():
            paths[pattern] = "" if Path(pattern).is_file() else f"{pattern}: there is no such file"
            continue
        matches = sorted(glob(pattern, recursive=True))  # noqa: PTH207  # Path's takes no absolute one
        found = [path for path in matches if Path(path).is_file()]
        paths.update(dict.fromkeys(found or [pattern], "" if found else f"{pattern}: matches none"))
    return paths


def _checked(path: Path, promtool: Promtool) -> Verdict:
    here = Path.cwd()
    what = str(path.relative_to(here) if path.is_relative_to(here) else path)
    with tempfile.TemporaryDirectory() as folder:
        # A copy, since promtool in a container does not see every folder.
        copy = Path(shutil.copyfile(path, Path(folder) / path.name))
        message = _message(lambda: promtool.check_rules(copy))
    return Verdict(what, message.replace(str(copy), what))


def _judged(test: NamedTest, promtool: Promtool) -> Verdict:
    return Verdict(test.name, _message(lambda: run(test, promtool)))


def _message(call: Callable[[], str]) -> str:
    """The message of promtool; empty where it does not object."""
    try:
        call()
    except PromtoolError as error:
        return _without_head(error.output) or f"exit code {error.exit_code}, without a word"
    except subprocess.TimeoutExpired as error:
        return f"no verdict within {error.timeout:.0f} s"
    return ""


def _without_head(output: str) -> str:
    """Promtool's message without lines that name our temporary file or say only FAILED."""
    noise = ("Unit Testing:", "Checking ")
    kept = [line for line in output.splitlines() if not line.startswith(noise)]
    said = "\n".join(line for line in kept if line.strip() not in {"", "FAILED:"})
    return dedent(said)
