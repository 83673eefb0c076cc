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
    total = api.samples_read(expr, at, at)
    times = [1]

    def enter(node: promql_parser.Expr) -> None:
        nonlocal total
        if isinstance(node, promql_parser.SubqueryExpr):
            times.append(times[-1] * _steps(node))
            total += times[-1] * api.samples_read(node.expr.prettify(), at, at)

    def leave(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.SubqueryExpr):
            times.pop()

    promql_parser.walk(promql_parser.parse(expr), enter, leave)
    return total


def _steps(subquery: promql_parser.SubqueryExpr) -> int:
    if subquery.range is None:
        raise ValueError(f"a subquery without a range: {subquery.prettify()}")
    return subquery.range // (subquery.step or EVALUATION)
