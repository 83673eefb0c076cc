"""A smoke test: wait until every series and rule is seen to work, and show the result."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests
from rich.table import Table

from contract.metrics import FAMILIES
from stack.launch import Stack
from tools import ToolError
from tools.http import PrometheusApi
from tools.process import awaited

Rule = Mapping[str, Any]
_SERIES = '{{__name__=~"{}(_bucket|_sum|_count)?"}}'  # of a family, with a histogram's parts
SEEN_TIMEOUT = 150
"""Seconds until everything must be seen: the first evaluation, and one of the rare failures."""


def missing(series: Mapping[str, int], rules: Sequence[Rule]) -> list[str]:
    """What does not work yet, in words: families of no series, and rules that are not well."""
    absent = [f"no series of {family}" for family, count in series.items() if not count]
    unwell = [
        f"rule {rule['name']}: health {rule['health']}"
        + (f" ({rule['lastError']})" if rule.get("lastError") else "")
        for rule in rules
        if rule["health"] != "ok"
    ]
    return absent + unwell + ([] if rules else ["no rules are loaded"])


def observe(stack: Stack) -> list[Table]:
    """Wait until nothing is missing, and return all families and rules as tables.

    Raises ToolError with what is missing after a time-out.
    """
    awaited(lambda: not missing(*_seen(stack.prometheus)), SEEN_TIMEOUT, stack.supervisor.pause)
    series, rules = _seen(stack.prometheus)
    if told := missing(series, rules):
        raise ToolError("; ".join(told))
    families, states = Table("metric family", "series"), Table("rule", "health", "state")
    for family, count in series.items():
        families.add_row(family, str(count))
    for rule in rules:
        states.add_row(rule["name"], rule["health"], rule.get("state", "recorded"))
    return [families, states]


def _seen(api: PrometheusApi) -> tuple[Mapping[str, int], Sequence[Rule]]:
    """The number of series of each family, and the rules; none if Prometheus does not answer."""
    try:
        counts = {one.name: len(api.query(_SERIES.format(one.name))) for one in FAMILIES}
        return counts, api.rules()
    except requests.RequestException:
        return {}, []
