"""Mutants of one PromQL expression: each has one small fault that a test should notice.

promql-parser has no constructors for its nodes, so a changed node is written out as text, parsed
again, and put in its place in the tree. An aggregation with a parameter, which our rules do not
have, would lose it. No operator is replaced by one that binds less tightly, so no parentheses need
to be added.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar

import promql_parser
from promql_parser import (
    AggModifier,
    AggregateExpr,
    BinaryExpr,
    BinModifier,
    Call,
    Expr,
    LabelModifier,
    Matcher,
    Matchers,
    NumberLiteral,
    VectorSelector,
)

_UP, _DOWN = 1.2, 0.8
"""Thresholds move by a fifth; the contract's tests are closer to them, on both sides."""

_NEIGHBOURS = {0.0: (1.0,), 1.0: (0.0, 2.0)}

_COMPARISONS = {
    ">": (">=", "<", "==", "!="),
    ">=": (">", "<=", "==", "!="),
    "<": ("<=", ">", "==", "!="),
    "<=": ("<", ">=", "==", "!="),
    "==": (">=", "<=", "!="),
    "!=": (">", "<", "=="),
}
_POSITIVE = (">=", "<", "==")
"""Replacements of `> 0`. Counters and their growth are never negative, so `!= 0` would mean the
same, and `>= 0` the same as no comparison."""

_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*"}
_AGGREGATIONS = {
    "sum": ("max", "count"),
    "max": ("min", "sum"),
    "min": ("max",),
    "avg": ("max",),
    "count": ("sum",),
}
_FUNCTIONS = {
    "sum_over_time": ("avg_over_time", "max_over_time"),
    "avg_over_time": ("sum_over_time", "max_over_time"),
    "count_over_time": ("sum_over_time",),
    "last_over_time": ("max_over_time", "min_over_time"),
    "max_over_time": ("last_over_time", "min_over_time"),
    "min_over_time": ("last_over_time", "max_over_time"),
    "increase": ("rate", "delta"),
    "rate": ("increase", "irate"),
}


_Item = TypeVar("_Item")


_Change = tuple[str, Expr, str]
"""What is changed, the node that shows it to people, and the changed node as text."""


def mutations(expr: str) -> Iterator[tuple[str, str]]:
    """Every distinct mutation of `expr` that parses and differs from `expr`, after its name.

    The name is what was changed, and the part of `expr` in which it was. Comments are lost. Raises
    ValueError where `expr` does not parse.
    """
    tree = promql_parser.parse(expr)
    given = {tree.prettify()}
    for place, (node, parent) in enumerate(nodes(tree)):
        for what, part, text in _changes(node, parent):
            try:
                mutant = replaced(tree, place, promql_parser.parse(text)).prettify()
            except ValueError:
                continue  # for example a selector without its only matcher
            if mutant not in given:
                given.add(mutant)
                yield f"{what}: {' '.join(part.prettify().split())}", mutant


def pretty(expr: str) -> str:
    """`expr` in the form in which mutations are written."""
    return promql_parser.parse(expr).prettify()


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
    places = count()
    return promql_parser.transform(
        tree, post_visit=lambda _: new if next(places) == place else None
    )


def edited(node: Expr, **parts: object) -> str:
    """`node` as text with other `parts`, which must be attributes that can be set."""
    copy = promql_parser.parse(node.prettify())
    for name, value in parts.items():
        setattr(copy, name, value)
    return str(copy)


def binary(node: BinaryExpr, op: str, modifier: BinModifier | None) -> str:
    """`node` with another operator, and another modifier of the matching."""
    return f"{node.lhs.prettify()} {op} {modifier or ''} {node.rhs.prettify()}"


def aggregate(node: AggregateExpr, op: str, modifier: AggModifier | None) -> str:
    """`node` with another aggregation, and another grouping."""
    return f"{op} {modifier or ''} ({node.expr.prettify()})"


def _changes(node: Expr, parent: Expr) -> Iterator[_Change]:
    """The mutations of `node` alone, as if it were the whole expression."""
    for part in ("range", "step", "offset"):
        if span := getattr(node, part, None):
            yield f"{part} halved", node, edited(node, **{part: span / 2})
            yield f"{part} doubled", node, edited(node, **{part: span * 2})
    match node:
        case NumberLiteral():
            for other in _NEIGHBOURS.get(node.val, (node.val * _UP, node.val * _DOWN)):
                # Rounded, since the product has digits that nobody would have written.
                text = edited(node, val=float(f"{other:.6g}"))
                yield f"{node} to {text}", parent, text
        case BinaryExpr():
            yield from _of_operator(node)
        case AggregateExpr():
            yield from _of_aggregation(node)
        case Call():
            arguments = ", ".join(argument.prettify() for argument in node.args)
            for name in _FUNCTIONS.get(node.func.name, ()):
                yield f"{node.func.name} to {name}", node, f"{name}({arguments})"
        case VectorSelector():
            yield from _of_matchers(node)


def _of_aggregation(node: AggregateExpr) -> Iterator[_Change]:
    op, by = str(node.op), node.modifier
    for other in _AGGREGATIONS.get(op, ()):
        yield f"{op} to {other}", node, aggregate(node, other, by)
    if by:
        for label, others in _without_each(by.labels):
            fewer = AggModifier(by.type, others)
            yield f"grouping without {label}", node, aggregate(node, op, fewer)


def _of_operator(node: BinaryExpr) -> Iterator[_Change]:
    op, on = str(node.op), node.modifier
    positive = op == ">" and isinstance(node.rhs, NumberLiteral) and node.rhs.val == 0
    for other in _POSITIVE if positive else _COMPARISONS.get(op, ()):
        yield f"{op} to {other}", node, binary(node, other, on)
    if op in _COMPARISONS and not positive:
        yield f"{op} dropped", node, node.lhs.prettify()
    if other := _ARITHMETIC.get(op, ""):
        yield f"{op} to {other}", node, binary(node, other, on)
    if op == "or":
        yield "left of or dropped", node.lhs, node.rhs.prettify()
    if op in {"or", "and", "unless"}:
        yield f"right of {op} dropped", node.rhs, node.lhs.prettify()
    if on and on.matching:
        for label, others in _without_each(on.matching.labels):
            matching = LabelModifier(on.matching.type, others)
            fewer = BinModifier(on.card, on.return_bool, matching, on.group_labels)
            yield f"matching without {label}", node, binary(node, op, fewer)


def _of_matchers(node: VectorSelector) -> Iterator[_Change]:
    matchers = node.matchers.matchers
    for place, (matcher, others) in enumerate(_without_each(matchers)):
        text = edited(node, matchers=Matchers(others))
        yield f"matcher without {matcher.name}", node, text
        alternatives = matcher.value.split("|")
        for gone, left in _without_each(alternatives) if len(alternatives) > 1 else ():
            fewer = Matcher(matcher.op, matcher.name, "|".join(left))
            text = edited(node, matchers=Matchers([*others[:place], fewer, *others[place:]]))
            yield f"{matcher.name} without {gone}", node, text


def _without_each(items: Sequence[_Item]) -> Iterator[tuple[_Item, list[_Item]]]:
    """Each of `items`, with the others."""
    for place, item in enumerate(items):
        yield item, [*items[:place], *items[place + 1 :]]
