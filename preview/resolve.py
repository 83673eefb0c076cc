"""Fill in a query's variables as Grafana does before it queries Prometheus."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}")
_SPECIAL = re.compile(r"([\\$^*{}\[\]'+?.()|])")


class ResolveError(Exception):
    """A query uses a variable that the dashboard does not have."""


@dataclass(frozen=True)
class View:
    """A view of a dashboard: a time range in Unix seconds, its step, and the chosen variables.

    `scrape` is the scrape interval in seconds that Grafana's data source would have. A variable
    that is not in `chosen` has the choice All.
    """

    begin: int
    end: int
    step: int = 60
    scrape: int = 15
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)


def resolve(expr: str, dashboard: Mapping[str, Any], view: View) -> str:
    """`expr` of `dashboard` with its variables filled in. Raises ResolveError for unknown ones."""
    values: dict[str, str] = _intervals(view) | {
        variable["name"]: _value(variable, view.chosen.get(variable["name"]))
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    }

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in values:
            raise ResolveError(f"the dashboard has no variable {name!r}, which a query names")
        return values[name]

    return _VARIABLE.sub(value, expr)


def _intervals(view: View) -> dict[str, str]:
    """Grafana's own variables; a rate interval is at least four scrapes, and a step plus one."""
    span = view.end - view.begin
    return {
        "__interval": f"{view.step}s",
        "__rate_interval": f"{max(view.step + view.scrape, 4 * view.scrape)}s",
        "__range": f"{span}s",
        "__range_s": str(span),
    }


def _value(variable: Mapping[str, Any], chosen: Sequence[str] | None) -> str:
    """A variable's regular expression in a PromQL string: one value, or several in brackets."""
    if chosen is None:
        all_value: str = variable["allValue"]
        return all_value
    escaped = [_SPECIAL.sub(r"\\\\\1", value) for value in chosen]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
