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
    api = stack.prometheus
    awaited(lambda: not look(api)[1], SEEN_TIMEOUT, stack.supervisor.pause)
    table, wrong = look(api)
    if wrong:
        raise ToolError("; ".join(wrong))
    return table


def look(api: PrometheusApi) -> tuple[Table, list[str]]:
    """Every family and rule with what is seen of it, and what does not work yet, in words."""
    table, wrong = Table("metric family or rule", "seen", "state"), []
    try:
        for family in FAMILIES:
            count = len(api.query(_SERIES.format(family.name)))
            table.add_row(family.name, str(count), "series")
            if not count:
                wrong.append(f"no series of {family.name}")
        rules = api.rules()
    except requests.RequestException as error:
        return table, [f"Prometheus does not answer: {error}"]
    for rule in rules:
        name, health = rule["name"], rule["health"]
        table.add_row(name, health, rule.get("state", "recorded"))
        if health != "ok":
            wrong.append(f"rule {name}: health {health} {rule.get('lastError', '')}".rstrip())
    if not rules:
        wrong.append("no rules are loaded")
    return table, wrong
