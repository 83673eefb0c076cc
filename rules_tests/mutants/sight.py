"""Which rules a test depends on: it need not be run for faults in other rules."""

import re
from dataclasses import dataclass

import promql_parser
from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    Matcher,
    MatchOp,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from rules_tests.mutants.rules import Document, Mutant, Rule, only, rule_name
from rules_tests.promtool_files import NamedTest

_STATES = ("ALERTS", "ALERTS_FOR_STATE")
"""The series in which Prometheus shows the state of every alert."""

_NAME = "__name__"
_FROM_NOTHING = ("absent", "absent_over_time", "scalar")
"""Functions that have a result for an empty vector."""


@dataclass(frozen=True)
class _Series:
    labels: dict[str, str]
    complete: bool = True
    """Whether these are all labels; of a rule's series only the name is known."""

    def matches(self, matcher: Matcher) -> bool:
        if matcher.name not in self.labels and not self.complete:
            return True
        value = self.labels.get(matcher.name, "")
        negative = matcher.op in (MatchOp.NotEqual, MatchOp.NotRe)
        if matcher.op in (MatchOp.Equal, MatchOp.NotEqual):
            return (value == matcher.value) is not negative
        return (re.fullmatch(matcher.value, value) is not None) is not negative


class Sight:
    """The rules that may have a result in one test, and those of them that its expectations read.

    Without the other rules the test has the same result, much sooner.
    """

    def __init__(self, document: Document, test: NamedTest) -> None:
        """Raises ValueError where an expression or a series does not parse."""
        rules = [rule for group in document["groups"] for rule in group["rules"]]
        self._present = [_input(series["series"]) for series in test.series()]
        self._alive = self._awake(rules)
        self._read = {alert for alert, _ in test.expectations()} & self._alive.keys()
        for case in test.body.get("promql_expr_test", ()):
            self._read |= self._readable(case["expr"])
        while found := self._sources() - self._read:
            self._read |= found

    @property
    def rules(self) -> int:
        """How many rules the test reads."""
        return max(1, len(self._read))

    def reaches(self, mutant: Mutant) -> bool:
        """Whether the test could tell `mutant` from the rules without fault.

        It cannot where the rule has no result on the test's series, with the fault or without, nor
        where no expectation depends on the rule.
        """
        if mutant.rule in self._alive:
            return mutant.rule in self._read
        return bool(mutant.expr) and _may_give(promql_parser.parse(mutant.expr), self._present)

    def of(self, mutant: Mutant) -> Document:
        """The rules of `mutant` that the test needs."""
        if mutant.rule in self._alive:
            return self.needed(mutant.document)
        return mutant.document  # its new result may give other rules one

    def needed(self, document: Document) -> Document:
        """The rules of `document` that the test needs."""
        return only(document, self._read)

    def _awake(self, rules: list[Rule]) -> dict[str, Rule]:
        """The rules that may have a result, by name; their series are added to those present."""
        alive: dict[str, Rule] = {}
        asleep = {rule_name(rule): promql_parser.parse(rule["expr"]) for rule in rules}
        by_name = {rule_name(rule): rule for rule in rules}
        while woken := [name for name, expr in asleep.items() if _may_give(expr, self._present)]:
            for name in woken:
                del asleep[name]
                alive[name] = by_name[name]
                self._present += _outputs(by_name[name])
        return alive

    def _sources(self) -> set[str]:
        read = (self._readable(self._alive[name]["expr"]) for name in self._read)
        return set().union(*read)

    def _readable(self, expr: str) -> set[str]:
        """The rules whose series `expr` selects."""
        selectors: list[VectorSelector] = []

        def visit(node: Expr) -> None:
            if isinstance(node, VectorSelector):
                selectors.append(node)

        promql_parser.walk(promql_parser.parse(expr), pre_visit=visit)
        return {
            name
            for name, rule in self._alive.items()
            if any(_selects(selector, _outputs(rule)) for selector in selectors)
        }


def _input(series: str) -> _Series:
    """An input series of a test, which is written like a selector."""
    selector = promql_parser.parse(series)
    if not isinstance(selector, VectorSelector):
        raise ValueError(f"no series: {series}")
    labels = {matcher.name: matcher.value for matcher in selector.matchers.matchers}
    return _Series({_NAME: selector.name or "", **labels})


def _outputs(rule: Rule) -> list[_Series]:
    if "record" in rule:
        return [_Series({_NAME: rule["record"]}, complete=False)]
    return [_Series({_NAME: name, "alertname": rule["alert"]}, complete=False) for name in _STATES]


def _selects(selector: VectorSelector, present: list[_Series]) -> bool:
    matchers = list(selector.matchers.matchers)
    if selector.name:
        matchers.append(Matcher(MatchOp.Equal, _NAME, selector.name))
    return any(all(series.matches(matcher) for matcher in matchers) for series in present)


def _may_give(node: Expr, present: list[_Series]) -> bool:
    """Whether an expression could have a result, given the series that are present."""
    match node:
        case VectorSelector():
            return _selects(node, present)
        case MatrixSelector():
            return _selects(node.vector_selector, present)
        case ParenExpr() | SubqueryExpr() | AggregateExpr() | UnaryExpr():
            return _may_give(node.expr, present)
        case BinaryExpr():
            left, right = _may_give(node.lhs, present), _may_give(node.rhs, present)
            return {"or": left or right, "unless": left}.get(str(node.op), left and right)
        case Call():
            return node.func.name in _FROM_NOTHING or all(
                _may_give(argument, present) for argument in node.args
            )
    return True  # a number or a string
