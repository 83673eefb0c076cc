"""What vmalert-tool reads differently: its file format, as a translation of promtool's.

These are differences of form, and touch no verdict. Those in what the rules do are in `late`.
"""

from typing import Any

import yaml

from rules_tests.promtool_files import NamedTest

OPTIONS = ("--disableAlertgroupLabel",)
"""Alerts carry no label `alertgroup`, as Prometheus' do not, and tests need not name the group."""


def translated(test: NamedTest) -> str:
    """The text of vmalert-tool's file that says what `test.alone()` says to promtool."""
    document = yaml.safe_load(test.alone())
    for body in document["tests"]:
        if "promql_expr_test" in body:
            body["metricsql_expr_test"] = [_case(case) for case in body.pop("promql_expr_test")]
    return yaml.safe_dump(document)


def _case(case: dict[str, Any]) -> dict[str, Any]:
    """The series ALERTS has the label in spite of the option: take it away from what is asked.

    The line break is for an expression that ends in a comment.
    """
    return {**case, "expr": f'label_del({case["expr"]}\n, "alertgroup")'}
