"""Let promtool judge mutants: which test, if any, fails for each."""

import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path

from rules_tests.mutants.reach import length_of, reach_of
from rules_tests.mutants.rules import Document, Mutant, prettified, to_text
from rules_tests.mutants.sight import Sight
from rules_tests.promtool_files import NamedTest
from tools.promtool import Promtool, PromtoolError

_RULES = "rules.yaml"
_NUMBER = "number-of-the-mutant"
"""Placeholder for the name of a test in its text."""
_HOUR = timedelta(hours=1)
_LONG = 6
"""A test is run only if it is at most this many times as long as the rule reads back, or as an
hour. For a rule that reads minutes, a test of a day shows no more than one of hours. Leaving tests
out can make a mutant survive, but never kills one."""
_BATCH = 8
"""Mutants that one promtool process judges: starting it costs as much as a short test."""
_BELIEVED = 2
"""The weight, in runs, of the first guess at how likely a case kills."""
_FAILURE = "FAILED:"
_FAILED = re.compile(r"^ *name: (\d+),$", re.MULTILINE)
"""promtool's output for a test that failed, and the name in it."""
_REFUSED = (1, 3)
"""promtool's exit codes: for a failed test, and for a rule file or lint that it refuses."""


class MutantsError(Exception):
    """No verdict is possible: a test fails without any fault, or promtool gave no result."""


class Outcome(StrEnum):
    """The result for a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    INVALID = "invalid"
    """promtool does not load it, so nobody could deploy it."""


@dataclass(frozen=True)
class Verdict:
    """A mutant's outcome, and the name of the test that killed it."""

    mutant: Mutant
    outcome: Outcome
    test: str = ""


@dataclass(frozen=True, eq=False)
class _Case:
    """A test that passes on the rules without fault, and how long it takes."""

    name: str
    text: str
    sight: Sight
    seconds: float
    length: timedelta


@dataclass(eq=False)
class _Trial:
    """A mutant that nothing has killed so far, and the cases that might."""

    mutant: Mutant
    left: list[_Case]


class Runner:
    """Runs tests on mutants of a rule file, several at once."""

    def __init__(self, document: Document, tests: Iterable[NamedTest]) -> None:
        """Run each test without fault first. Raises MutantsError where one fails or reads no rule.

        Names of mutants must be unique, and names of tests too.
        """
        self._promtool = Promtool.found()
        self._threads = os.cpu_count() or 1
        self._runs: Counter[tuple[str, str]] = Counter()
        self._kills: Counter[tuple[str, str]] = Counter()
        self._built = prettified(document)
        with ThreadPoolExecutor(self._threads) as pool:
            self._cases = list(pool.map(self._case, tests))

    def judge(self, mutants: Sequence[Mutant]) -> Iterator[Verdict]:
        """Each mutant's verdict, once it is known. A survivor passed every test that reaches it.

        Raises MutantsError where promtool was ended before its verdict, which counts as no kill.
        """
        invalid = self._invalid(mutants)
        yield from (Verdict(mutant, Outcome.INVALID) for mutant in invalid)
        trials = [self._trial(mutant) for mutant in mutants if mutant not in invalid]
        with ThreadPoolExecutor(self._threads) as pool:
            running: dict[Future[list[bool]], tuple[_Case, list[_Trial]]] = {}
            while trials or running:
                while trials and len(running) < self._threads:
                    case, batch = self._next(trials)
                    if case is None:
                        yield from (Verdict(each.mutant, Outcome.SURVIVED) for each in batch)
                    else:
                        running[pool.submit(self._killed, case, batch)] = case, batch
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    case, batch = running.pop(future)
                    for trial, killed in zip(batch, future.result(), strict=True):
                        self._learn(case, trial, killed=killed)
                        if killed:
                            yield Verdict(trial.mutant, Outcome.KILLED, case.name)
                        else:
                            trials.append(trial)

    def _case(self, test: NamedTest) -> _Case:
        body = {**test.body, "name": _NUMBER}
        text = replace(test, rule_files=(Path(_RULES),), body=body).alone()
        sight = Sight(self._built, test)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            file = _written(text, sight.needed(self._built), Path(folder))
            refusal = _refusal(self._promtool.test_rules, file)
        if refusal:
            raise MutantsError(f"{test.name}: fails without any fault: {refusal}")
        seconds = time.monotonic() - began
        return _Case(f"{test.file.name}: {test.name}", text, sight, seconds, length_of(test))

    def _trial(self, mutant: Mutant) -> _Trial:
        reach = reach_of(self._built, mutant.rule)
        near = [case for case in self._cases if case.length <= _LONG * max(reach, _HOUR)]
        return _Trial(mutant, [case for case in near if case.sight.reaches(mutant)])

    def _next(self, trials: list[_Trial]) -> tuple[_Case | None, list[_Trial]]:
        """A case for the first trial, and the trials of its rule that share it, out of `trials`."""
        first = trials[0]
        case = self._most_promising(first)
        sharing = (
            each for each in trials if each.mutant.rule == first.mutant.rule and case in each.left
        )
        batch = list(islice(sharing, _BATCH)) if case else [first]
        for each in batch:
            trials.remove(each)
            if case:
                each.left.remove(case)
        return case, batch

    def _most_promising(self, trial: _Trial) -> _Case | None:
        """A quick case that has killed other mutants of the rule, or that reads few other rules."""

        def seconds_a_kill(case: _Case) -> float:
            seen = trial.mutant.rule, case.name
            guess = _BELIEVED / case.sight.rules
            return case.seconds * (self._runs[seen] + _BELIEVED) / (self._kills[seen] + guess)

        return min(trial.left, key=seconds_a_kill, default=None)

    def _learn(self, case: _Case, trial: _Trial, *, killed: bool) -> None:
        self._runs[trial.mutant.rule, case.name] += 1
        self._kills[trial.mutant.rule, case.name] += killed

    def _killed(self, case: _Case, batch: Sequence[_Trial]) -> list[bool]:
        """Which mutants fail a case. One promtool process runs it on all of them."""
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for number, trial in enumerate(batch):
                place = Path(folder, str(number))
                place.mkdir()
                text = case.text.replace(_NUMBER, str(number))
                files.append(_written(text, case.sight.of(trial.mutant), place))
            said = _refusal(self._promtool.test_rules, *files)
            failed = {int(number) for number in _FAILED.findall(said)}
            if len(failed) == said.count(_FAILURE):
                return [number in failed for number in range(len(batch))]
            # Where a rule cannot be evaluated, promtool does not name the test.
            return [bool(_refusal(self._promtool.test_rules, file)) for file in files]

    def _invalid(self, mutants: Sequence[Mutant]) -> list[Mutant]:
        """The mutants that promtool does not load."""
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, f"{number}.yaml") for number in range(len(mutants))]
            for file, mutant in zip(files, mutants, strict=True):
                file.write_text(to_text(mutant.document), encoding="utf-8")
            check = self._promtool.check_rules
            if files and not _refusal(check, *files):
                return []
            return [
                mutant for file, mutant in zip(files, mutants, strict=True) if _refusal(check, file)
            ]


def _refusal(promtool: Callable[..., str], *files: Path) -> str:
    """The objections of promtool to `files`; empty where it has none."""
    try:
        promtool(*files)
    except PromtoolError as error:
        if error.exit_code not in _REFUSED:
            raise MutantsError(f"promtool ended without a verdict: {error}") from None
        return str(error)
    return ""


def _written(text: str, document: Document, folder: Path) -> Path:
    """A test file in `folder`, beside the rules that it tests."""
    (folder / _RULES).write_text(to_text(document), encoding="utf-8")
    file = folder / "one_test.yaml"
    file.write_text(text, encoding="utf-8")
    return file
