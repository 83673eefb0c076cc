"""Let promtool judge mutants: which test, if any, fails for each."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from rules_tests.mutants.rules import Mutant
from rules_tests.promtool_files import NamedTest
from rules_tests.rule_files import Document, only, rules_read, to_text
from tools.promtool import Promtool, PromtoolError

_BELIEVED = 2
"""The weight, in runs, of the first guess at how likely a case kills."""
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


@dataclass(eq=False)
class _Case:
    """A test that passes on the rules without fault."""

    name: str
    text: str
    """The test file; its rules are in `rules-0.yaml` beside it."""
    rules: set[str]
    """The rules that it reads. Without the others it has the same result, much sooner."""
    seconds: float = 0
    """How long it takes."""


class Runner:
    """Runs tests on mutants of a rule file, several at once."""

    def __init__(self, document: Document, tests: Iterable[NamedTest]) -> None:
        """Run each test without fault first. Raises MutantsError where one fails.

        Names of mutants must be unique, and names of tests too.
        """
        self._promtool = Promtool.found()
        self._document = document
        self._runs: Counter[tuple[str, str]] = Counter()
        self._kills: Counter[tuple[str, str]] = Counter()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self._cases = list(pool.map(self._case, tests))

    def judge(self, mutants: Sequence[Mutant]) -> Iterator[Verdict]:
        """Each mutant's verdict, in their order. A survivor passed every test that reads its rule.

        Raises MutantsError where promtool was ended before its verdict, which counts as no kill.
        """
        invalid = self._invalid(mutants)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(
                lambda one: Verdict(one, Outcome.INVALID) if one in invalid else self._judged(one),
                mutants,
            )

    def _case(self, test: NamedTest) -> _Case:
        rules = rules_read(self._document, test.asked)
        case = _Case(f"{test.file.name}: {test.name}", test.text, rules)
        began = time.monotonic()
        if refusal := self._failure(case, self._document):
            raise MutantsError(f"{test.name}: fails without any fault: {refusal}")
        return replace(case, seconds=time.monotonic() - began)

    def _judged(self, mutant: Mutant) -> Verdict:
        left = [case for case in self._cases if mutant.rule in case.rules]

        def seconds_a_kill(case: _Case) -> float:
            seen = mutant.rule, case.name
            guess = _BELIEVED / len(case.rules)  # what reads few rules is made for them
            return case.seconds * (self._runs[seen] + _BELIEVED) / (self._kills[seen] + guess)

        while left:
            case = min(left, key=seconds_a_kill)
            left.remove(case)
            killed = bool(self._failure(case, mutant.document))
            self._runs[mutant.rule, case.name] += 1
            self._kills[mutant.rule, case.name] += killed
            if killed:
                return Verdict(mutant, Outcome.KILLED, case.name)
        return Verdict(mutant, Outcome.SURVIVED)

    def _failure(self, case: _Case, document: Document) -> str:
        """What promtool says of a case that fails with the rules of `document`; else empty."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "rules-0.yaml").write_text(to_text(only(document, case.rules)))
            file = Path(folder, "one_test.yaml")
            file.write_text(case.text, encoding="utf-8")
            return _refusal(self._promtool.test_rules, file)

    def _invalid(self, mutants: Sequence[Mutant]) -> list[Mutant]:
        """The mutants that promtool does not load."""
        with tempfile.TemporaryDirectory() as folder:
            files = {Path(folder, f"{number}.yaml"): one for number, one in enumerate(mutants)}
            for file, mutant in files.items():
                file.write_text(to_text(mutant.document), encoding="utf-8")
            check = self._promtool.check_rules
            if not files or not _refusal(check, *files):
                return []
            return [mutant for file, mutant in files.items() if _refusal(check, file)]


def _refusal(promtool: Callable[..., str], *files: Path) -> str:
    """The objections of promtool to `files`; empty where it has none."""
    try:
        promtool(*files)
    except PromtoolError as error:
        if error.exit_code not in _REFUSED:
            raise MutantsError(f"promtool ended without a verdict: {error}") from None
        return str(error)
    return ""
