"""Translates promtool's test files into the format of vmalert-tool.

These differences of form do not change a verdict. For those in what the rules do, see `late`.
"""

from dataclasses import replace
from typing import Any

from rules_tests.promtool_files import NamedTest

OPTIONS = ("--disableAlertgroupLabel",)
"""Alerts get no label `alertgroup`, as in Prometheus, so tests need not name the group."""


def translated(test: NamedTest) -> NamedTest:
    """`test` in vmalert-tool's words."""
    body = {**test.body}
    if "promql_expr_test" in body:
        body["metricsql_expr_test"] = [_case(case) for case in body.pop("promql_expr_test")]
    return replace(test, body=body)


def _case(case: dict[str, Any]) -> dict[str, Any]:
    """Remove the label `alertgroup`, which the series ALERTS has in spite of `OPTIONS`.

    The line break is needed after an expression that ends in a comment.
    """
    return {**case, "expr": f'label_del({case["expr"]}\n, "alertgroup")'}
