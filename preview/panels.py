"""All panels of a dashboard as figures, with their queries run as Grafana would run them."""

from collections.abc import Iterable, Mapping
from typing import Any

import requests

from preview.field import NO_DATA, color
from preview.figure import Figure, clock, only_text, region, stretches
from preview.panel_types import TYPES
from preview.queries import View, run, run_target
from preview.timeline import Event, verticals
from tools.http import PrometheusApi


def drawn(
    api: PrometheusApi, dashboard: Mapping[str, Any], view: View, events: Iterable[Event] = ()
) -> dict[str, Figure]:
    """The figure of each panel that is not a row, by its id.

    Graphs show the dashboard's annotations as regions, and `events` that were done as lines.
    """
    shapes = [*annotations(api, dashboard, view), *verticals(events, view)]
    figures = {}
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            figures[str(panel["id"])] = found = _drawn(api, panel, dashboard, view)
            # The types with annotations; a text in place of data has no time axis for them.
            if panel["type"] in ("timeseries", "heatmap") and found["data"]:
                found["layout"]["shapes"] = [*found["layout"].get("shapes", ()), *shapes]
    return figures


def _drawn(
    api: PrometheusApi, panel: Mapping[str, Any], dashboard: Mapping[str, Any], view: View
) -> Figure:
    try:
        series = run(api, panel, dashboard, view)
    except requests.HTTPError as error:  # Prometheus answers, but refuses this query
        return only_text(f"Prometheus refuses the query: {error}")
    if not series and panel["type"] != "stat":
        return only_text(panel["fieldConfig"]["defaults"].get("noValue", NO_DATA))
    return TYPES[panel["type"]](panel, series, view)


def annotations(
    api: PrometheusApi, dashboard: Mapping[str, Any], view: View
) -> Iterable[dict[str, Any]]:
    """A region for each time range in which an annotation of the dashboard has series."""
    for annotation in dashboard["annotations"]["list"]:
        if "target" in annotation:  # not so Grafana's own
            series = run_target(api, annotation["target"], dashboard, view)
            seconds = set().union(*(each.values for each in series))
            for begin, end in stretches(seconds, view):
                span = {"x0": clock(begin), "x1": clock(end)}
                yield region(span, color(annotation["iconColor"]), opacity=0.13)
