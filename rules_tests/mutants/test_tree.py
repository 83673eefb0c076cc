from collections.abc import Iterator

import promql_parser
import pytest
from promql_parser import AggregateExpr, BinaryExpr, Expr

from config import Config
from delivery.targets import groups
from rules_tests.mutants.tree import aggregate, binary, edited, nodes, replaced

BUILT = [rule.expr for group in groups(Config()) for rule in group.rules]


def _written(node: Expr) -> Iterator[str]:
    yield edited(node)
    if isinstance(node, BinaryExpr):
        yield binary(node, str(node.op))
    if isinstance(node, AggregateExpr):
        yield aggregate(node, str(node.op), node.modifier.labels if node.modifier else [])


@pytest.mark.parametrize("expr", BUILT)
def test_a_node_that_is_written_out_unchanged_leaves_the_tree_as_it_was(expr: str) -> None:
    tree = promql_parser.parse(expr)
    for place, (node, _) in enumerate(nodes(tree)):
        for text in _written(node):
            same = replaced(tree, place, promql_parser.parse(text))
            assert same.prettify() == tree.prettify()


def test_only_the_node_at_its_place_is_replaced() -> None:
    assert replaced(_tree("a + a"), 1, _tree("b")).prettify() == "a + b"


def _tree(expr: str) -> Expr:
    return promql_parser.parse(expr)
