"""A smoke test: wait until every series and rule is seen to work, and show the result."""

import requests
from rich.table import Table

from contract.metrics import FAMILIES
from stack.launch import Stack
from tools import ToolError
from tools.http import PrometheusApi
from tools.process import awaited

_SERIES = '{{__name__=~"{}(_bucket|_sum|_count)?"}}'  # of a family, with a histogram's parts
SEEN_TIMEOUT = 150
"""Seconds until everything must be seen: the first evaluation, and one of the rare failures."""


def observe(stack: Stack) -> Table:
    """Wait until all works, and return every family and rule with what was seen of it.

    Raises ToolError with what does not work after a time-out.
    """
    awaited(lambda: not missing(stack.prometheus), SEEN_TIMEOUT, stack.supervisor.pause)
    if told := missing(stack.prometheus):
        raise ToolError("; ".join(told))
    table = Table("metric family or rule", "seen", "state")
    for family, count in _series(stack.prometheus).items():
        table.add_row(family, str(count), "series")
    for rule in stack.prometheus.rules():
        table.add_row(rule["name"], rule["health"], rule.get("state", "recorded"))
    return table


def missing(api: PrometheusApi) -> list[str]:
    """What does not work yet, in words: families of no series, and rules that are not well."""
    try:
        absent = [f"no series of {family}" for family, count in _series(api).items() if not count]
        rules = api.rules()
    except requests.RequestException as error:
        return [f"Prometheus does not answer: {error}"]
    unwell = [
        f"rule {rule['name']}: health {rule['health']} {rule.get('lastError', '')}".rstrip()
        for rule in rules
        if rule["health"] != "ok"
    ]
    return absent + unwell + ([] if rules else ["no rules are loaded"])


def _series(api: PrometheusApi) -> dict[str, int]:
    return {one.name: len(api.query(_SERIES.format(one.name))) for one in FAMILIES}
