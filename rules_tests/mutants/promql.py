"""Mutants of one PromQL expression: each has one small fault that a test should notice.

No operator is replaced by one that binds less tightly, so no parentheses need to be added.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import promql_parser
from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    Matcher,
    Matchers,
    NumberLiteral,
    VectorSelector,
)

from rules_tests.mutants.tree import aggregate, binary, edited, nodes, replaced

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


@dataclass(frozen=True)
class Mutation:
    """One fault: what was changed in `part` of an expression, and the whole changed expression."""

    what: str
    part: str
    expr: str


def mutations(expr: str) -> Iterator[Mutation]:
    """Every distinct mutation of `expr` that parses and differs from `expr`.

    Comments are lost. Raises ValueError where `expr` does not parse.
    """
    tree = promql_parser.parse(expr)
    given = {tree.prettify()}
    for place, (node, parent) in enumerate(nodes(tree)):
        for change in _changes(node, parent):
            try:
                mutant = replaced(tree, place, promql_parser.parse(change.expr)).prettify()
            except ValueError:
                continue  # for example a selector without its only matcher
            if mutant not in given:
                given.add(mutant)
                yield replace(change, expr=mutant)


def pretty(expr: str) -> str:
    """`expr` in the form in which mutations are written."""
    return promql_parser.parse(expr).prettify()


def _changes(node: Expr, parent: Expr) -> Iterator[Mutation]:
    """The mutations of `node` alone, as if it were the whole expression."""
    yield from _durations(node)
    match node:
        case NumberLiteral():
            yield from _numbers(node, parent)
        case BinaryExpr():
            yield from _operators(node)
            yield from _operands(node)
            yield from _matched_labels(node)
        case AggregateExpr():
            yield from _aggregations(node)
        case Call():
            yield from _functions(node)
        case VectorSelector():
            yield from _matchers(node)


def _durations(node: Expr) -> Iterator[Mutation]:
    for part in ("range", "step", "offset"):
        span = getattr(node, part, None)
        if span:
            for what, factor in (("halved", 0.5), ("doubled", 2)):
                text = edited(node, **{part: span * factor})
                yield Mutation(f"{part} {what}", _line(node), text)


def _numbers(node: NumberLiteral, parent: Expr) -> Iterator[Mutation]:
    others = _NEIGHBOURS.get(node.val, (node.val * _UP, node.val * _DOWN))
    for other in others:
        # Rounded, since the product has digits that nobody would have written.
        text = edited(node, val=float(f"{other:.6g}"))
        yield Mutation(f"{node} to {text}", _line(parent), text)


def _operators(node: BinaryExpr) -> Iterator[Mutation]:
    op = str(node.op)
    positive = op == ">" and isinstance(node.rhs, NumberLiteral) and node.rhs.val == 0
    for other in _POSITIVE if positive else _COMPARISONS.get(op, ()):
        yield Mutation(f"{op} to {other}", _line(node), binary(node, other))
    if op in _COMPARISONS and not positive:
        yield Mutation(f"{op} dropped", _line(node), node.lhs.prettify())
    if op in _ARITHMETIC:
        other = _ARITHMETIC[op]
        yield Mutation(f"{op} to {other}", _line(node), binary(node, other))


def _operands(node: BinaryExpr) -> Iterator[Mutation]:
    op = str(node.op)
    if op == "or":
        yield Mutation("left of or dropped", _line(node.lhs), node.rhs.prettify())
    if op in {"or", "and", "unless"}:
        yield Mutation(f"right of {op} dropped", _line(node.rhs), node.lhs.prettify())


def _matched_labels(node: BinaryExpr) -> Iterator[Mutation]:
    if node.modifier and node.modifier.matching:
        labels = node.modifier.matching.labels
        for label in labels:
            text = binary(node, str(node.op), [other for other in labels if other != label])
            yield Mutation(f"matching without {label}", _line(node), text)


def _aggregations(node: AggregateExpr) -> Iterator[Mutation]:
    op = str(node.op)
    labels = node.modifier.labels if node.modifier else []
    for other in _AGGREGATIONS.get(op, ()):
        yield Mutation(f"{op} to {other}", _line(node), aggregate(node, other, labels))
    for label in labels:
        text = aggregate(node, op, [other for other in labels if other != label])
        yield Mutation(f"grouping without {label}", _line(node), text)


def _functions(node: Call) -> Iterator[Mutation]:
    name = node.func.name
    arguments = [argument.prettify() for argument in node.args]
    for other in _FUNCTIONS.get(name, ()):
        yield Mutation(f"{name} to {other}", _line(node), f"{other}({', '.join(arguments)})")


def _matchers(node: VectorSelector) -> Iterator[Mutation]:
    matchers = node.matchers.matchers
    for place, matcher in enumerate(matchers):
        before, after = matchers[:place], matchers[place + 1 :]
        text = edited(node, matchers=Matchers([*before, *after]))
        yield Mutation(f"matcher without {matcher.name}", _line(node), text)
        alternatives = matcher.value.split("|")
        for gone in alternatives if len(alternatives) > 1 else ():
            value = "|".join(other for other in alternatives if other != gone)
            fewer = Matcher(matcher.op, matcher.name, value)
            text = edited(node, matchers=Matchers([*before, fewer, *after]))
            yield Mutation(f"{matcher.name} without {gone}", _line(node), text)


def _line(node: Expr) -> str:
    return " ".join(node.prettify().split())
