from collections.abc import Iterator

import promql_parser
import pytest
from promql_parser import AggregateExpr, BinaryExpr, Expr

from config import Config
from delivery.targets import groups
from rules_tests.mutants.promql import (
    aggregate,
    binary,
    edited,
    mutations,
    nodes,
    replaced,
)

BUILT = [rule.expr for group in groups(Config()) for rule in group.rules]


@pytest.mark.parametrize(
    ("expr", "mutants"),
    [
        ("a > 0.01", "a > 0.012; a > 0.008; a >= 0.01; a < 0.01; a == 0.01; a != 0.01; a"),
        ("a >= 3", "a >= 3.6; a >= 2.4; a > 3; a <= 3; a == 3; a != 3; a"),
        ("a == 1", "a == 0; a == 2; a >= 1; a <= 1; a != 1; a"),
        pytest.param(
            "# > 5\na > 0", "a > 1; a >= 0; a < 0; a == 0", id="counters are never below 0"
        ),
        ("(a - b) * c", "(a + b) * c; (a - b) / c"),
        ("a / on (x) group_left (y) b", "a * on (x) group_left (y) b; a / on () group_left (y) b"),
        ("rate(a[5m])", "rate(a[2m30s]); rate(a[10m]); increase(a[5m]); irate(a[5m])"),
        ("abs(a offset 10s)", "abs(a offset 5s); abs(a offset 20s)"),
        (
            "deriv(a[1h:5m])",
            "deriv(a[30m:5m]); deriv(a[2h:5m]); deriv(a[1h:2m30s]); deriv(a[1h:10m])",
        ),
        ("sum by (x) (a)", "max by (x) (a); count by (x) (a); sum(a)"),
        ("a and on (x, y) b", "a; a and on (y) b; a and on (x) b"),
        ("a or b", "b; a"),
        ("a unless b", "a"),
        ('a{x="1", y="2"}', 'a{y="2"}; a{x="1"}'),
        pytest.param('{x=~"1|2"}', '{x=~"2"}; {x=~"1"}', id="what would not parse is left out"),
        pytest.param("a or a", "a", id="each is given once, and the expression itself never"),
    ],
)
def test_an_expression_has_these_mutants(expr: str, mutants: str) -> None:
    found = [" ".join(mutant.split()) for _, mutant in mutations(expr)]
    assert found == mutants.split("; ")


def test_a_mutant_is_named_by_the_change_and_the_part_in_which_it_is() -> None:
    selector, subquery = 'a{y=~"1|2"}', "b[2m:1m] offset 1h"
    least, last = f"min by (x) ({selector})", f"last_over_time({subquery})"
    expr = f"{least} > 0 unless on (x) 0 * {last}"
    found: dict[str, list[str]] = {}
    for name, _ in mutations(expr):
        change, _, part = name.partition(": ")
        found.setdefault(part, []).append(change)
    assert found == {
        selector: ["matcher without y", "y without 1", "y without 2"],
        least: ["min to max", "grouping without x"],
        f"{least} > 0": ["0 to 1", "> to >=", "> to <", "> to =="],
        subquery: [
            f"{part} {to}" for part in ("range", "step", "offset") for to in ("halved", "doubled")
        ],
        last: ["last_over_time to max_over_time", "last_over_time to min_over_time"],
        f"0 * {last}": ["0 to 1", "* to /", "right of unless dropped"],
        expr: ["matching without x"],
    }


def _written(node: Expr) -> Iterator[str]:
    yield edited(node)
    if isinstance(node, BinaryExpr):
        yield binary(node, str(node.op), node.modifier)
    if isinstance(node, AggregateExpr):
        yield aggregate(node, str(node.op), node.modifier)


@pytest.mark.parametrize("expr", BUILT)
def test_a_node_that_is_written_out_unchanged_leaves_the_tree_as_it_was(expr: str) -> None:
    tree = promql_parser.parse(expr)
    for place, (node, _) in enumerate(nodes(tree)):
        for text in _written(node):
            same = replaced(tree, place, promql_parser.parse(text))
            assert same.prettify() == tree.prettify()
