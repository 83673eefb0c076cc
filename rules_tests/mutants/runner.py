"""Let promtool judge mutants: which test, if any, tells each from the built rules."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from rules_tests.mutants.rules import Document, Mutant, prettified, to_text
from rules_tests.mutants.sight import Sight
from rules_tests.promtool_files import NamedTest
from tools.promtool import Promtool, PromtoolError

_RULES = "rules.yaml"
_REFUSED = (1, 3)
"""promtool's exit codes for a test that fails and a rule file or lint that it refuses."""


class MutantsError(Exception):
    """Nothing can be told: a test fails without any fault, or promtool ended without a verdict."""


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    INVALID = "invalid"
    """promtool does not load it; nobody could deploy it."""


@dataclass(frozen=True)
class Verdict:
    """A mutant's outcome, and the name of the test that killed it."""

    mutant: Mutant
    outcome: Outcome
    test: str = ""


@dataclass(frozen=True)
class _Case:
    """A test that passes on the rules without fault, and how long it takes there."""

    name: str
    text: str
    sight: Sight
    seconds: float


class Runner:
    """Runs tests on mutants of a rule file, several at once."""

    def __init__(self, document: Document, tests: Iterable[NamedTest]) -> None:
        """Run each test without fault first. Raises MutantsError where one fails, or sees no rule.

        A rule file's mutants are told apart by their names, and its tests too.
        """
        self._promtool = Promtool.found()
        self._threads = os.cpu_count() or 1
        self._runs: Counter[tuple[str, str]] = Counter()
        self._kills: Counter[tuple[str, str]] = Counter()
        self._built = prettified(document)
        with ThreadPoolExecutor(self._threads) as pool:
            self._cases = list(pool.map(self._case, tests))

    def judge(self, mutants: Sequence[Mutant]) -> Iterator[Verdict]:
        """Each mutant's verdict, in order. A survivor has passed every test that reaches it.

        Raises MutantsError where promtool was ended before its verdict: that kills no mutant.
        """
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(self._verdict, mutants)

    def _case(self, test: NamedTest) -> _Case:
        text = replace(test, rule_files=(Path(_RULES),)).alone()
        sight = Sight(self._built, test)
        began = time.monotonic()
        refusal = self._tested(text, sight.needed(self._built))
        if refusal:
            raise MutantsError(f"{test.name}: fails without any fault: {refusal}")
        seconds = time.monotonic() - began
        return _Case(f"{test.file.name}: {test.name}", text, sight, seconds)

    def _verdict(self, mutant: Mutant) -> Verdict:
        if self._checked(mutant.document):
            return Verdict(mutant, Outcome.INVALID)
        for case in self._promising_first(mutant):
            if not case.sight.reaches(mutant):
                continue
            self._runs[mutant.rule, case.name] += 1
            if self._tested(case.text, case.sight.of(mutant)):
                self._kills[mutant.rule, case.name] += 1
                return Verdict(mutant, Outcome.KILLED, case.name)
        return Verdict(mutant, Outcome.SURVIVED)

    def _promising_first(self, mutant: Mutant) -> list[_Case]:
        """Quick tests first, and those that have killed other mutants of this rule."""

        def seconds_a_kill(case: _Case) -> float:
            seen = mutant.rule, case.name
            return case.seconds * (self._runs[seen] + 2) / (self._kills[seen] + 1)

        return sorted(self._cases, key=seconds_a_kill)

    def _checked(self, document: Document) -> str:
        with tempfile.TemporaryDirectory() as folder:
            return _refusal(self._promtool.check_rules, _written(document, Path(folder)))

    def _tested(self, text: str, document: Document) -> str:
        with tempfile.TemporaryDirectory() as folder:
            _written(document, Path(folder))
            file = Path(folder, "one_test.yaml")
            file.write_text(text, encoding="utf-8")
            return _refusal(self._promtool.test_rules, file)


def _refusal(promtool: Callable[[Path], str], file: Path) -> str:
    """What promtool has against `file`; empty where it has nothing."""
    try:
        promtool(file)
    except PromtoolError as error:
        if error.exit_code not in _REFUSED:
            raise MutantsError(f"promtool ended without a verdict: {error}") from None
        return str(error)
    return ""


def _written(document: Document, folder: Path) -> Path:
    rules = folder / _RULES
    rules.write_text(to_text(document), encoding="utf-8")
    return rules
