"""Panels with a time axis: graphs, heatmaps, states."""

from collections.abc import Sequence
from typing import Any

from preview.field import Field, Panel
from preview.figure import Figure, bars, clock, dashed, figure, stretches, time_axis
from preview.resolve import View
from preview.results import Series

_SCALE = [[0, "#f7fbff"], [0.5, "#6baed6"], [1, "#08306b"]]
"""The colour scale of a heatmap, from low to high values."""


def time_series(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """Lines or stacked areas, with thresholds as dashed lines; the legend has the newest values."""
    defaults = Field.of(panel)
    return figure(
        [
            _line(Field.of(panel, each.name), each, index, view)
            for index, each in enumerate(_ranked(panel, series))
        ],
        xaxis=time_axis(view),
        yaxis=_value_axis(defaults),
        shapes=_limits(defaults),
        hovermode="x",
        showlegend=True,
    )


def _line(field: Field, series: Series, index: int, view: View) -> dict[str, Any]:
    stacking = field.get("custom.stacking", {"mode": "none"})
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{series.name}: {field.text(series.last)}",
        "x0": clock(view.begin),
        "dx": view.step * 1000,
        "y": [series.values.get(at) for at in range(view.begin, view.end + 1, view.step)],
        "line": {
            "color": field.line_color(index),
            "width": field.get("custom.lineWidth") or 1,
            "dash": "dash" if field.get("custom.lineStyle") else "solid",
        },
        "hovertemplate": f"%{{y:.4~g}}{field.suffix}",
        **({} if stacking["mode"] == "none" else {"stackgroup": stacking["group"]}),
    }


def _ranked(panel: Panel, series: Sequence[Series]) -> list[Series]:
    """The series, sorted by their minimum or maximum if the legend is."""
    legend = panel["options"].get("legend", {})
    if "sortBy" not in legend:
        return list(series)
    calculate = {"Min": min, "Max": max}[legend["sortBy"]]
    return sorted(
        series, key=lambda each: calculate(each.values.values()), reverse=legend["sortDesc"]
    )


def _value_axis(field: Field) -> dict[str, Any]:
    axis: dict[str, Any] = {"ticksuffix": field.suffix, "gridcolor": "#e8e8e8", "zeroline": False}
    if high := field.get("max"):
        axis["range"] = [0, 1.05 * high]
    else:
        axis["rangemode"] = "tozero"
    if field.get("unit") == "short":
        axis["tickformat"] = "~s"
    return axis


def _limits(field: Field) -> list[dict[str, Any]]:
    if field.get("custom.thresholdsStyle", {}).get("mode") != "dashed":
        return []
    return [dashed("y", value, chosen) for value, chosen in field.limits()[1:]]


def heatmap(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """A cell for each bucket and moment, with the count of that bucket alone, not cumulative."""
    rows = sorted(series, key=lambda each: float(each.labels["le"]))
    moments = range(view.begin, view.end + 1, view.step)
    exponent = panel["options"]["color"]["exponent"]
    cells, below = [], dict.fromkeys(moments, 0.0)
    for each in rows:
        now = {at: each.values.get(at, 0.0) for at in moments}
        cells.append([max(0.0, now[at] - below[at]) or None for at in moments])
        below = now
    trace = {
        "type": "heatmap",
        "x": [clock(at) for at in moments],
        "y": [f"{each.labels['le']} s" for each in rows],
        "z": [[value and value**exponent for value in row] for row in cells],
        "customdata": cells,
        "hovertemplate": f"%{{y}}: %{{customdata:.3~g}}{Field.of(panel).suffix}",
        "name": "",
        "colorscale": _SCALE,
        "showscale": False,
    }
    margin = {"l": 50, "r": 10, "t": 6, "b": 24}
    return figure([trace], xaxis=time_axis(view), yaxis={"type": "category"}, margin=margin)


def state_timeline(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """A bar for each series, coloured by the state that each value stands for."""
    lines = series[::-1]
    traces = []
    for value, text, chosen in Field.of(panel).states():
        spans = [
            (each.name, begin, min(end, view.end))
            for each in lines
            for begin, end in stretches(
                (at for at, seen in each.values.items() if seen == value), view.step
            )
        ]
        traces.append(bars(text, chosen, spans))
    return figure(
        traces,
        xaxis=time_axis(view),
        yaxis={"categoryarray": [each.name for each in lines], "automargin": True},
        barmode="overlay",
        bargap=0.3,
        showlegend=True,
    )
