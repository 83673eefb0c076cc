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
    pretty,
    replaced,
)

BUILT = [rule.expr for group in groups(Config()) for rule in group.rules]


def _mutants(expr: str) -> dict[str, set[str]]:
    """The mutants of `expr`, each in one line, by the change."""
    found: dict[str, set[str]] = {}
    for name, mutant in mutations(expr):
        found.setdefault(name.partition(": ")[0], set()).add(" ".join(mutant.split()))
    return found


@pytest.mark.parametrize(
    ("expr", "what", "mutant"),
    [
        ("a > 0.01", "0.01 to 0.012", "a > 0.012"),
        ("a > 0.01", "0.01 to 0.008", "a > 0.008"),
        ("a > 0", "0 to 1", "a > 1"),
        ("a == 1", "1 to 0", "a == 0"),
        ("a == 1", "1 to 2", "a == 2"),
        ("a > 3", "> to >=", "a >= 3"),
        ("a > 3", "> to <", "a < 3"),
        ("a > 3", "> to ==", "a == 3"),
        ("a > 3", "> to !=", "a != 3"),
        ("a > 3", "> dropped", "a"),
        ("a - b >= 0", ">= to >", "a - b > 0"),
        ("a / on (x) group_left (y) b", "/ to *", "a * on (x) group_left (y) b"),
        ("(a - b) * c", "- to +", "(a + b) * c"),
        ("rate(a[5m])", "range halved", "rate(a[2m30s])"),
        ("rate(a[5m])", "range doubled", "rate(a[10m])"),
        ("a offset 10s", "offset halved", "a offset 5s"),
        ("a offset 10s", "offset doubled", "a offset 20s"),
        ("max_over_time(a[1h:5m])", "range doubled", "max_over_time(a[2h:5m])"),
        ("max_over_time(a[1h:5m])", "step halved", "max_over_time(a[1h:2m30s])"),
        (
            "max_over_time(a[1h:5m] offset 1m)",
            "offset doubled",
            "max_over_time(a[1h:5m] offset 2m)",
        ),
        ("sum by (x, y) (a)", "grouping without x", "sum by (y) (a)"),
        ("a and on (x, y) b", "matching without x", "a and on (y) b"),
        ('a{x="1", y="2"}', "matcher without x", 'a{y="2"}'),
        ('{__name__=~"a|b"}', "__name__ without a", '{__name__=~"b"}'),
        ("a > 1 or b", "left of or dropped", "b"),
        ("a > 1 or b", "right of or dropped", "a > 1"),
        ("a and b", "right of and dropped", "a"),
        ("a unless b", "right of unless dropped", "a"),
        ("sum by (x) (a)", "sum to max", "max by (x) (a)"),
        ("sum_over_time(a[5m])", "sum_over_time to avg_over_time", "avg_over_time(a[5m])"),
        ("last_over_time(a[5m])", "last_over_time to max_over_time", "max_over_time(a[5m])"),
    ],
)
def test_a_fault_of_each_kind(expr: str, what: str, mutant: str) -> None:
    assert mutant in {" ".join(pretty(found).split()) for found in _mutants(expr)[what]}


def test_a_mutant_is_given_once_and_the_expression_itself_never() -> None:
    given = [mutant for _, mutant in mutations("a > 0 or a > 0")]
    assert len(given) == len(set(given))
    assert pretty("a > 0 or a > 0") not in given


def test_what_counters_make_the_same_is_left_out() -> None:
    assert _mutants("a > 0").keys() == {"0 to 1", "> to >=", "> to <", "> to =="}


def test_a_number_is_named_with_what_it_stands_in() -> None:
    names = {name for name, _ in mutations("a > 0 or 0 * b") if "0 to 1" in name}
    assert names == {"0 to 1: a > 0", "0 to 1: 0 * b"}


def test_comments_are_no_part_of_a_mutant() -> None:
    assert _mutants("# > 5\na > 0")["0 to 1"] == {"a > 1"}


def test_what_would_not_parse_is_left_out() -> None:
    assert "matcher without x" not in _mutants('{x="1"}')


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
