"""A panel's queries, with variables filled in as Grafana does, and their named results."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.http import PrometheusApi

_VARIABLE = re.compile(r"\$(\w+)")
_LABEL = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class View:
    """A view of a dashboard, with All chosen: a time range in Unix seconds, and its step.

    `scrape` is the scrape interval in seconds that Grafana's data source would have.
    """

    begin: int
    end: int
    step: int = 60
    scrape: int = 15

    @property
    def moments(self) -> range:
        """The Unix seconds of the points of a graph."""
        return range(self.begin, self.end + 1, self.step)

    def moment(self, when: float) -> int:
        """The point of a graph that is the first to show what begins at `when`, or else the end."""
        steps = math.ceil((when - self.begin) / self.step)
        return min(self.begin + steps * self.step, self.end)


def resolve(expr: str, dashboard: Mapping[str, Any], view: View) -> str:
    """`expr` of `dashboard` with its variables filled in. Raises KeyError for one that it lacks."""
    values = {
        "__range": f"{view.end - view.begin}s",
        # As Grafana's: at least four scrapes, and a step plus one.
        "__rate_interval": f"{max(view.step + view.scrape, 4 * view.scrape)}s",
        **{
            variable["name"]: variable["allValue"]
            for variable in dashboard["templating"]["list"]
            if variable["type"] == "query"
        },
    }
    return _VARIABLE.sub(lambda found: values[found[1]], expr)


@dataclass(frozen=True)
class Series:
    """One line of a panel: its name in the legend, its labels, its values by Unix second."""

    name: str
    labels: Mapping[str, str]
    values: Mapping[int, float]
    query: str
    """The letter of the query that it comes from."""

    @property
    def last(self) -> float:
        """The newest value."""
        return self.values[max(self.values)]


def run(
    api: PrometheusApi, panel: Mapping[str, Any], dashboard: Mapping[str, Any], view: View
) -> list[Series]:
    """All series of a panel's queries, over time or at one moment."""
    return [
        series
        for target in panel["targets"]
        for series in run_target(api, target, dashboard, view, once=target.get("instant", False))
    ]


def run_target(
    api: PrometheusApi,
    target: Mapping[str, Any],
    dashboard: Mapping[str, Any],
    view: View,
    *,
    once: bool = False,
) -> list[Series]:
    """The series of one query, at each step of `view`, or `once` at its end.

    A sample that is no finite number, such as a quantile of nothing, is left out.
    """
    expr = resolve(target["expr"], dashboard, view)
    if once:
        found = [{**each, "values": [each["value"]]} for each in api.query(expr, view.end)]
    else:
        found = api.query_range(expr, view.begin, view.end, view.step)
    series = []
    for each in found:
        labels = each["metric"]
        samples = {round(float(second)): float(value) for second, value in each["values"]}
        values = {second: value for second, value in samples.items() if math.isfinite(value)}
        if values:
            name = _name(target.get("legendFormat", ""), labels)
            series.append(Series(name, labels, values, target["refId"]))
    return series


def _name(legend: str, labels: Mapping[str, str]) -> str:
    """`legend` with its `{{label}}` filled in: empty if there is no such label, as in Grafana."""
    return _LABEL.sub(lambda found: labels.get(found[1], ""), legend)
