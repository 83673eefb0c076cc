"""Let promtool judge mutants: which test, if any, fails for each."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contract.durations import parsed_duration
from rules_tests.mutants.rules import Mutant
from rules_tests.promtool_files import NamedTest, judged
from rules_tests.rule_files import Document, only, rule_name, rules_of, rules_read
from tools import ToolError
from tools.promtool import Promtool, PromtoolError

_BELIEVED = 2
"""The weight, in runs, of the first guess at how likely a case kills."""
_REFUSED = (1, 3)
"""promtool's exit codes: for a failed test, and for a rule file or lint that it refuses."""


@dataclass(frozen=True)
class _Case:
    """A test that promtool can run on any rules."""

    name: str
    text: str
    """The test file, of one rule file."""
    asked: str
    """All that it expects."""
    rules: frozenset[str]
    """The rules that it reads and has series for. Without the others it has the same result."""
    cost: float
    """About how long promtool takes, compared with other cases."""


class Runner:
    """Runs tests on mutants of a rule file, several at once."""

    def __init__(self, document: Document, tests: Iterable[NamedTest]) -> None:
        """Names of mutants must be unique, and names of tests too."""
        self._promtool = Promtool.found()
        self._document = document
        self._runs: Counter[tuple[str, str]] = Counter()
        self._kills: Counter[tuple[str, str]] = Counter()
        self._sound: set[str] = set()  # cases that have passed without any fault
        self._cases = [_case(document, test) for test in tests]

    def killers(self, mutants: Sequence[Mutant]) -> Iterator[str]:
        """For each mutant the test that kills it: promtool fails it, or refuses the mutant's rules.

        Empty where every test passes that reads the rule and has series for it. Raises ToolError
        where promtool was ended before its verdict, and where a test that kills fails on the rules
        without any fault as well.
        """
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(self._killer, mutants)

    def _killer(self, mutant: Mutant) -> str:
        def cost_of_a_kill(case: _Case) -> float:
            seen = mutant.rule, case.name
            # What asks for the rule by its name is made for it, and what reads few rules too.
            guess = _BELIEVED / (1 if mutant.rule in case.asked else 2 * len(case.rules))
            return case.cost * (self._runs[seen] + _BELIEVED) / (self._kills[seen] + guess)

        cases = [case for case in self._cases if mutant.rule in case.rules]
        for case in sorted(cases, key=cost_of_a_kill):
            self._runs[mutant.rule, case.name] += 1
            if self._failure(case, mutant.document):
                self._kills[mutant.rule, case.name] += 1
                if case.name not in self._sound:
                    if refusal := self._failure(case, self._document):
                        raise ToolError(f"{case.name}: fails without any fault: {refusal}")
                    self._sound.add(case.name)
                return case.name
        return ""

    def _failure(self, case: _Case, document: Document) -> str:
        """What promtool says of a case that fails with the rules of `document`; else empty."""
        try:
            judged(self._promtool, case.text, only(document, case.rules))
        except PromtoolError as error:
            if error.exit_code not in _REFUSED:
                raise ToolError(f"promtool ended without a verdict: {error}") from None
            return str(error)
        return ""


def _case(document: Document, test: NamedTest) -> _Case:
    asked = [case["eval_time"] for cases in test.asked for case in cases or ()]
    minutes = max(parsed_duration(str(time)) / timedelta(minutes=1) for time in asked)
    series = test.series() if test.series else test.body["input_series"]
    names = {one["series"].partition("{")[0].removesuffix("_total") for one in series}
    rules = _fed(document, test.asked, names)
    # The start takes as long as some minutes, a minute as long as some series in it.
    cost = 600 + minutes * len(rules) * (3 + len(series))
    return _Case(f"{test.file.name}: {test.name}", test.text, str(test.asked), rules, cost)


def _fed(document: Document, asked: Any, metrics: set[str]) -> frozenset[str]:
    """The rules that `asked` reads and that have samples if no other `metrics` are scraped.

    `metrics` are without `_total`, as they stand in the names of records.
    """
    read = rules_read(document, asked)
    fed: set[str] = set()
    for rule in rules_of(document):
        about: str = rule.get("record") or rule["expr"]
        scraped = any(metric in about for metric in metrics)
        if rule_name(rule) in read and (scraped or any(name in rule["expr"] for name in fed)):
            fed.add(rule_name(rule))
    return frozenset(fed)
