"""Panels with a time axis: graphs, heatmaps, states."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from preview.field import Field, Panel
from preview.figure import Figure, clock, figure, stretches, time_axis
from preview.resolve import View
from preview.results import Series

_CALCULATIONS: Mapping[str, Callable[[Collection[float]], float]] = {
    "Min": min,
    "Max": max,
    "Mean": lambda values: sum(values) / len(values),
}
_DASHES = ("dash", "dot")
_SCALE = [[0, "#f7fbff"], [0.5, "#6baed6"], [1, "#08306b"]]
"""The colour scale, from low to high values."""


def time_series(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """Lines or stacked areas, with thresholds as dashed lines; the legend has the newest values."""
    defaults = Field.of(panel, "")
    traces = [
        _line(Field.of(panel, each.name), each, index, view)
        for index, each in enumerate(_ranked(panel, series))
    ]
    return figure(
        traces,
        xaxis=time_axis(view),
        yaxis=_value_axis(defaults),
        shapes=_limits(defaults),
        hovermode="x",
        showlegend=bool(panel.get("options", {}).get("legend", {}).get("showLegend", True)),
    )


def _line(field: Field, series: Series, index: int, view: View) -> dict[str, Any]:
    chosen = field.line_color(index)
    stacking = field.get("custom.stacking") or {}
    dash = (field.get("custom.lineStyle") or {}).get("fill")
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": f"{series.name}: {field.text(series.last)}",
        "x0": clock(view.begin),
        "dx": view.step * 1000,
        "y": [series.values.get(at) for at in range(view.begin, view.end + 1, view.step)],
        "line": {
            "color": chosen,
            "width": field.get("custom.lineWidth", 1) or 1,
            "dash": dash if dash in _DASHES else "solid",
        },
        "hovertemplate": f"%{{y:.4~g}}{field.suffix}",
    }
    if stacking.get("mode", "none") != "none":
        trace["stackgroup"] = stacking.get("group", "A")
    return trace


def _ranked(panel: Panel, series: Sequence[Series]) -> list[Series]:
    """The series, sorted as the legend is if it is sorted."""
    legend = panel.get("options", {}).get("legend", {})
    by = legend.get("sortBy")
    if not by:
        return list(series)
    calculate = _CALCULATIONS.get(by)
    return sorted(
        series,
        key=lambda each: calculate(each.values.values()) if calculate else each.last,
        reverse=bool(legend.get("sortDesc")),
    )


def _value_axis(field: Field) -> dict[str, Any]:
    axis: dict[str, Any] = {"ticksuffix": field.suffix, "gridcolor": "#e8e8e8", "zeroline": False}
    low, high = field.get("min"), field.get("max")
    if high is not None:
        room = (high - (low or 0)) / 20
        axis["range"] = [low if low is not None else 0, high + room]
    elif low is not None:
        axis["rangemode"] = "tozero"
    if field.get("unit") == "short":
        axis["tickformat"] = "~s"
    return axis


def _limits(field: Field) -> list[dict[str, Any]]:
    if (field.get("custom.thresholdsStyle") or {}).get("mode", "off") == "off":
        return []
    return [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": value,
            "y1": value,
            "line": {"color": chosen, "width": 1, "dash": "dash"},
        }
        for value, chosen in field.limits()
    ]


def heatmap(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """A cell for each bucket and moment, with the count of that bucket alone, not cumulative."""
    rows = sorted(series, key=lambda each: float(each.labels["le"]))
    moments = range(view.begin, view.end + 1, view.step)
    options = panel.get("options", {})
    exponent = options.get("color", {}).get("exponent", 1)
    cells, below = [], dict.fromkeys(moments, 0.0)
    for each in rows:
        now = {at: each.values.get(at, 0.0) for at in moments}
        cells.append([max(0.0, now[at] - below[at]) or None for at in moments])
        below = now
    return figure(
        [
            {
                "type": "heatmap",
                "x": [clock(at) for at in moments],
                "y": [f"{each.labels['le']} s" for each in rows],
                "z": [[value and value**exponent for value in row] for row in cells],
                "customdata": cells,
                "hovertemplate": f"%{{y}}: %{{customdata:.3~g}}{Field.of(panel, '').suffix}",
                "name": "",
                "colorscale": _SCALE,
                "showscale": False,
            }
        ],
        xaxis=time_axis(view),
        yaxis={"type": "category"},
        margin={"l": 50, "r": 10, "t": 6, "b": 24},
    )


def state_timeline(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """A bar for each series, coloured by the state that each value stands for."""
    traces = []
    for value, text, chosen in Field.of(panel, "").states():
        bars = [
            (each.name, begin, min(end, view.end))
            for each in reversed(series)
            for begin, end in stretches(
                (at for at, seen in each.values.items() if seen == value), view.step
            )
        ]
        traces.append(bar_trace(text, chosen, bars))
    return figure(
        traces,
        xaxis=time_axis(view),
        yaxis={"categoryarray": [each.name for each in reversed(series)], "automargin": True},
        barmode="overlay",
        bargap=0.3,
        showlegend=True,
    )


def bar_trace(
    name: str, chosen: str, bars: Sequence[tuple[str, float, float]], width: float | None = None
) -> dict[str, Any]:
    """Horizontal bars in one colour, each given by its line, begin and end (Unix seconds)."""
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "marker": {"color": chosen},
        "y": [line for line, _, _ in bars],
        "base": [clock(begin) for _, begin, _ in bars],
        "x": [(end - begin) * 1000 for _, begin, end in bars],
        "width": width,
        "hovertemplate": f"{name} %{{base}}",
    }
