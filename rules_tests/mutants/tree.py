"""Find, rewrite and replace the nodes of a PromQL expression.

promql-parser has no constructors for its nodes, so a changed node is written out as text, parsed
again, and put in its place in the tree. It can write what our rules are made of, which does not
include `without`, `ignoring`, `bool` and aggregations with a parameter.
"""

import promql_parser
from promql_parser import AggregateExpr, BinaryExpr, Expr, VectorMatchCardinality


def nodes(tree: Expr) -> list[tuple[Expr, Expr]]:
    """Every node with its parent; children come before their parents."""
    found: list[tuple[Expr, Expr]] = []
    path = [tree]

    def leave(node: Expr) -> None:
        path.pop()
        found.append((node, path[-1]))

    promql_parser.walk(tree, pre_visit=path.append, post_visit=leave)
    return found


def replaced(tree: Expr, place: int, new: Expr) -> Expr:
    """`tree` with the node at index `place` of `nodes` replaced."""
    visited = -1

    def visit(_: Expr) -> Expr | None:
        nonlocal visited
        visited += 1
        return new if visited == place else None

    return promql_parser.transform(tree, post_visit=visit)


def edited(node: Expr, **parts: object) -> str:
    """`node` as text with other `parts`, which must be attributes that can be set."""
    copy = promql_parser.parse(node.prettify())
    for name, value in parts.items():
        setattr(copy, name, value)
    return str(copy)


def binary(node: BinaryExpr, op: str, labels: list[str] | None = None) -> str:
    """`node` with another operator, and matching on other labels."""
    words = [node.lhs.prettify(), op]
    modifier = node.modifier
    if modifier and modifier.matching:
        matched = modifier.matching.labels if labels is None else labels
        words.append(f"on ({', '.join(matched)})")
        if modifier.card == VectorMatchCardinality.ManyToOne:
            words.append(f"group_left ({', '.join(modifier.group_labels or ())})")
    return " ".join([*words, node.rhs.prettify()])


def aggregate(node: AggregateExpr, op: str, labels: list[str]) -> str:
    """`node` with another aggregation, grouped by other labels."""
    return f"{op} by ({', '.join(labels)}) ({node.expr.prettify()})"
