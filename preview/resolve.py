"""Fill in a query's variables as Grafana does before it queries Prometheus."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_VARIABLE = re.compile(r"\$(\w+)")
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

    @property
    def moments(self) -> range:
        """The Unix seconds of the points of a graph."""
        return range(self.begin, self.end + 1, self.step)

    def moment(self, when: float) -> int:
        """The point of a graph that is the first to show what begins at `when`, or else the end."""
        steps = math.ceil((when - self.begin) / self.step)
        return min(self.begin + steps * self.step, self.end)


def resolve(expr: str, dashboard: Mapping[str, Any], view: View) -> str:
    """`expr` of `dashboard` with its variables filled in. Raises ResolveError for unknown ones."""
    values = {
        "__range": f"{view.end - view.begin}s",
        # As Grafana's: at least four scrapes, and a step plus one.
        "__rate_interval": f"{max(view.step + view.scrape, 4 * view.scrape)}s",
        **{
            variable["name"]: _value(variable, view.chosen.get(variable["name"]))
            for variable in dashboard["templating"]["list"]
            if variable["type"] == "query"
        },
    }

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ResolveError(f"the dashboard has no variable {found[1]!r}, which a query names")
        return values[found[1]]

    return _VARIABLE.sub(value, expr)


def _value(variable: Mapping[str, Any], chosen: Sequence[str] | None) -> str:
    """A variable's regular expression in a PromQL string: one value, or several in brackets."""
    if chosen is None:
        return str(variable["allValue"])
    escaped = [_SPECIAL.sub(r"\\\\\1", value) for value in chosen]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
