"""Count the samples that a query reads, including those inside subqueries."""

from datetime import timedelta

import promql_parser

from tools.http import PrometheusApi

EVALUATION = timedelta(minutes=1)
"""The step of a subquery without one: Prometheus takes its evaluation interval."""


def samples_read(api: PrometheusApi, expr: str, at: int) -> int:
    """Samples that evaluating `expr` at `at` (Unix seconds) reads.

    Prometheus counts the results of a subquery, and not the samples that its expression reads.
    Those are added here: the expression's samples, times the number of steps.
    """
    inner = sum(
        samples_read(api, subquery.expr.prettify(), at) * _steps(subquery)
        for subquery in _subqueries(expr)
    )
    return api.samples_read(expr, at, at) + inner


def _subqueries(expr: str) -> list[promql_parser.SubqueryExpr]:
    """The outermost subqueries of `expr`."""
    found: list[promql_parser.SubqueryExpr] = []
    inside = 0

    def enter(node: promql_parser.Expr) -> None:
        nonlocal inside
        if isinstance(node, promql_parser.SubqueryExpr):
            if not inside:
                found.append(node)
            inside += 1

    def leave(node: promql_parser.Expr) -> None:
        nonlocal inside
        if isinstance(node, promql_parser.SubqueryExpr):
            inside -= 1

    promql_parser.walk(promql_parser.parse(expr), enter, leave)
    return found


def _steps(subquery: promql_parser.SubqueryExpr) -> int:
    if subquery.range is None:
        raise ValueError(f"a subquery without a range: {subquery.prettify()}")
    return subquery.range // (subquery.step or EVALUATION)
