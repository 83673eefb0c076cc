"""What each type of panel draws: graphs over time, or the values of one moment."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from preview.field import INK, Field, Panel, color
from preview.figure import NARROW, Figure, bars, clock, dashed, figure, only_text, time_axis
from preview.queries import Series, View

Row = Mapping[str, Any]


def time_series(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """Lines or stacked areas, with thresholds as dashed lines; the legend has the newest values."""
    defaults = Field.of(panel)
    limits = defaults.get("custom.thresholdsStyle", {}).get("mode") == "dashed"
    high, rounded = defaults.get("max"), defaults.get("unit") == "short"
    extent = {"range": [0, 1.05 * high]} if high else {"rangemode": "tozero"}
    return figure(
        [_line(Field.of(panel, each.name), each, view) for each in _ranked(panel, series)],
        xaxis=time_axis(view),
        yaxis={**extent, "ticksuffix": defaults.suffix, "tickformat": "~s" if rounded else ""},
        shapes=[dashed("y", *limit) for limit in defaults.limits()[1:]] if limits else [],
        hovermode="x",
        showlegend=True,
    )


def _line(field: Field, series: Series, view: View) -> dict[str, Any]:
    stacking = field.get("custom.stacking", {"mode": "none"})
    fixed = field.get("color", {}).get("fixedColor")
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{series.name}: {field.text(series.last)}",
        "x0": clock(view.begin),
        "dx": view.step * 1000,
        "y": [series.values.get(at) for at in view.moments],
        "line": {
            "color": fixed and color(fixed),  # or else the next one of the page's
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


def heatmap(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """A cell for each bucket and moment, with the count of that bucket alone, not cumulative."""
    rows = sorted(series, key=lambda each: float(each.labels["le"]))
    exponent = panel["options"]["color"]["exponent"]
    counts = [[0.0] * len(view.moments)]
    counts += [[each.values.get(at, 0.0) for at in view.moments] for each in rows]
    cells = [
        [max(0.0, count - lower) or None for count, lower in zip(now, below, strict=True)]
        for below, now in pairwise(counts)
    ]
    trace = {
        "type": "heatmap",
        "x": [clock(at) for at in view.moments],
        "y": [f"{each.labels['le']} s" for each in rows],
        "z": [[value and value**exponent for value in row] for row in cells],
        "customdata": cells,
        "hovertemplate": f"%{{y}}: %{{customdata:.3~g}}{Field.of(panel).suffix}",
        "name": "",
    }
    margin = {"l": 50, "r": 10, "t": 6, "b": 24}
    return figure([trace], xaxis=time_axis(view), yaxis={"type": "category"}, margin=margin)


def state_timeline(panel: Panel, series: Sequence[Series], view: View) -> Figure:
    """A bar for each series, coloured by the state that each value stands for."""
    traces = []
    for value, text, chosen in Field.of(panel).states():
        seconds = {
            each.name: [at for at, seen in each.values.items() if seen == value] for each in series
        }
        traces.append(bars(text, chosen, seconds, view))
    return figure(
        traces,
        xaxis=time_axis(view),
        yaxis={"categoryarray": [each.name for each in series[::-1]], "automargin": True},
        bargap=0.3,
        showlegend=True,
    )


def stat(panel: Panel, series: Sequence[Series], _: View) -> Figure:
    """The number, or the text of its mapping, on the colour of its threshold."""
    field, value = Field.of(panel), series[0].last if series else None
    return only_text(field.text(value), size=30, ink="#ffffff", ground=field.color(value))


def table(panel: Panel, series: Sequence[Series], _: View) -> Figure:
    """A row for each set of labels; a column, as wide as its text, for each label and query."""
    (organize,) = (each for each in panel["transformations"] if each["id"] == "organize")
    titles = organize["options"]["renameByName"]  # in the order of the columns
    rows: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for each in series:
        row = rows.setdefault(tuple(sorted(each.labels.items())), dict(each.labels))
        row[f"Value #{each.query}"] = each.last
    named = [{title: row.get(key) for key, title in titles.items()} for row in rows.values()]
    ranked = _sorted(panel, named)
    texts, inks, widths = [], [], []
    for title in titles.values():
        field, values = Field.of(panel, title), [row[title] for row in ranked]
        coloured = field.get("custom.cellOptions")
        texts.append([each if isinstance(each, str) else field.text(each) for each in values])
        inks.append(
            [field.color(each) if coloured and isinstance(each, float) else INK for each in values]
        )
        widths.append(max(map(len, (title, *texts[-1]))))
    header = {"values": list(titles.values())}
    cells = {"values": texts, "font": {"color": inks}}
    trace = {"type": "table", "header": header, "cells": cells, "columnwidth": widths}
    return figure([trace], margin=NARROW)


def _sorted(panel: Panel, rows: Sequence[Row]) -> list[Row]:
    """The rows as the panel sorts them, those without that value last."""
    (by,) = panel["options"]["sortBy"]
    title = by["displayName"]
    there = sorted((row for row in rows if row[title] is not None), key=lambda row: row[title])
    return [*(there[::-1] if by["desc"] else there), *(row for row in rows if row[title] is None)]


def bar_gauge(panel: Panel, series: Sequence[Series], _: View) -> Figure:
    """A bar for each series, the first on top, with its value."""
    field = Field.of(panel)
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": [each.name for each in series],
        "x": [each.last for each in series],
        "text": [field.text(each.last) for each in series],
        "marker": {"color": [field.color(each.last) for each in series]},
        "hoverinfo": "y+text",
    }
    return figure(
        [bar],
        yaxis={"autorange": "reversed", "automargin": True},
        xaxis={"visible": False},
        margin={**NARROW, "l": 50},
    )


TYPES: Mapping[str, Callable[[Panel, Sequence[Series], View], Figure]] = {
    "timeseries": time_series,
    "heatmap": heatmap,
    "state-timeline": state_timeline,
    "stat": stat,
    "table": table,
    "bargauge": bar_gauge,
}
"""The function that draws each type of panel."""
