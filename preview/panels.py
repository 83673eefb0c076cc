"""All panels of a dashboard as figures, with their queries run as Grafana would run them."""

from collections.abc import Iterable, Mapping
from typing import Any

import requests

from preview.field import NO_DATA, color
from preview.figure import Draw, Figure, Mark, nothing, regions, stretches
from preview.of_a_moment import bar_gauge, stat, table
from preview.over_time import heatmap, state_timeline, time_series
from preview.resolve import View
from preview.results import Prometheus, run, run_target
from preview.timeline import Event, verticals

KINDS: Mapping[str, Draw] = {
    "timeseries": time_series,
    "heatmap": heatmap,
    "state-timeline": state_timeline,
    "stat": stat,
    "gauge": stat,
    "table": table,
    "bargauge": bar_gauge,
}
"""The function that draws each type of panel."""

_MARKED = ("timeseries", "heatmap")
"""Types that show annotations."""


def drawn(
    api: Prometheus, dashboard: Mapping[str, Any], view: View, events: Iterable[Event] = ()
) -> dict[str, Figure]:
    """The figure of each panel that is not a row, by its id.

    Graphs show the dashboard's annotations as regions, and `events` that were done as lines.
    """
    shapes = regions(marks(api, dashboard, view)) + verticals(events, view)
    return {
        str(panel["id"]): _drawn(api, panel, dashboard, view, shapes)
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    }


def _drawn(
    api: Prometheus,
    panel: Mapping[str, Any],
    dashboard: Mapping[str, Any],
    view: View,
    shapes: list[dict[str, Any]],
) -> Figure:
    draw = KINDS.get(panel["type"])
    if draw is None:
        return nothing(f"the preview does not draw panels of type {panel['type']}")
    try:
        series = run(api, panel, dashboard, view)
    except requests.HTTPError as error:  # Prometheus answers, but refuses this query
        return nothing(f"Prometheus refuses the query: {error}")
    if not series and draw is not stat:
        return nothing(str(panel["fieldConfig"]["defaults"].get("noValue") or NO_DATA))
    figure = draw(panel, series, view)
    if panel["type"] in _MARKED:
        figure["layout"]["shapes"] = [*figure["layout"].get("shapes", []), *shapes]
    return figure


def marks(api: Prometheus, dashboard: Mapping[str, Any], view: View) -> list[Mark]:
    """The time ranges in which the dashboard's Prometheus annotations have series."""
    found = []
    for annotation in dashboard["annotations"]["list"]:
        target = annotation.get("target") or annotation
        if "expr" in target and annotation["enable"]:
            asked = {"expr": target["expr"], "refId": "Anno"}
            series = run_target(api, asked, dashboard, view, over_time=True)
            seconds = set().union(*(each.values for each in series))
            found += [
                Mark(begin, end, color(annotation["iconColor"]))
                for begin, end in stretches(seconds, view.step)
            ]
    return found
