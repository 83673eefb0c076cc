"""How far back a rule reads, and how long a test is."""

from datetime import timedelta

import promql_parser
from promql_parser import Expr

from contract.durations import parsed_duration
from rules_tests.mutants.rules import Document, rule_name
from rules_tests.promtool_files import NamedTest

_NONE = timedelta(0)


def reach_of(document: Document, name: str) -> timedelta:
    """The longest duration in the rule `name`, and in the rules that it reads."""
    expressions = {
        rule_name(rule): rule["expr"] for group in document["groups"] for rule in group["rules"]
    }
    read = {name}
    while more := {
        other
        for other in expressions.keys() - read
        if any(other in expressions[each] for each in read & expressions.keys())
    }:
        read |= more
    return max((_longest(expressions[each]) for each in read & expressions.keys()), default=_NONE)


def length_of(test: NamedTest) -> timedelta:
    """The time of the last expectation in `test`."""
    cases = (*test.body.get("alert_rule_test", ()), *test.body.get("promql_expr_test", ()))
    return max((parsed_duration(str(case["eval_time"])) for case in cases), default=_NONE)


def _longest(expr: str) -> timedelta:
    found = [_NONE]

    def visit(node: Expr) -> None:
        spans = (getattr(node, part, None) for part in ("range", "offset"))
        found.extend(span for span in spans if span)

    promql_parser.walk(promql_parser.parse(expr), pre_visit=visit)
    return max(found)
