"""A panel as a plotly figure: `data` and `layout`, as its JavaScript library draws them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from preview.field import GREY, NO_DATA, Panel
from preview.resolve import View
from preview.results import Series

Figure = dict[str, Any]
Draw = Callable[[Panel, Sequence[Series], View], Figure]

LEGEND = 62
"""Height in pixels of the legend below a graph, which scrolls if it has more names."""

_FONT = {"family": "sans-serif", "size": 11, "color": "#24292e"}


@dataclass(frozen=True)
class Mark:
    """A time range in Unix seconds that the graphs show in a CSS colour."""

    begin: int
    end: int
    color: str


def clock(second: float) -> str:
    """A moment on a time axis: local time in plotly's format."""
    return datetime.fromtimestamp(second).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def figure(data: Sequence[Mapping[str, Any]], **layout: Any) -> Figure:
    """A figure in the style of the page."""
    style = {
        # Room below the graph for the axis and one line of the legend, or a whole legend.
        "margin": {"l": 50, "r": 10, "t": 6, "b": 42 if len(data) <= 4 else 24 + LEGEND},
        "font": _FONT,
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "legend": {
            "font": {"size": 10},
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "maxheight": LEGEND,
        },
        "uirevision": "kept",  # keeps the zoom when new values come
    }
    return {"data": list(data), "layout": {**style, **layout}}


def without_axes(texts: Sequence[Mapping[str, Any]], **layout: Any) -> Figure:
    """A figure of texts only, each at `x` and `y` between 0 and 1."""
    placed = [{"xref": "paper", "yref": "paper", "showarrow": False, **each} for each in texts]
    hidden = {"visible": False}
    return figure((), annotations=placed, xaxis=hidden, yaxis=hidden, **layout)


def nothing(text: str = NO_DATA) -> Figure:
    """The figure of a panel without series."""
    return without_axes([{"x": 0.5, "y": 0.5, "text": text, "font": {"size": 16, "color": GREY}}])


def time_axis(view: View) -> dict[str, Any]:
    """A time axis over the whole view, even where there are no values."""
    return {
        "type": "date",
        "range": [clock(view.begin), clock(view.end)],
        "tickformat": "%H:%M" if view.end - view.begin > 1800 else "%H:%M:%S",
        "gridcolor": "#e8e8e8",
        "nticks": 8,
    }


def regions(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    """The marks as shapes over the whole height."""
    return [
        {
            "type": "rect",
            "yref": "paper",
            "x0": clock(mark.begin),
            "x1": clock(mark.end),
            "y0": 0,
            "y1": 1,
            "fillcolor": mark.color,
            "opacity": 0.13,
            "line": {"width": 0},
            "layer": "below",
        }
        for mark in marks
    ]


def stretches(seconds: Iterable[int], step: int) -> list[tuple[int, int]]:
    """Begin and end of each run of `seconds` that are `step` apart."""
    found: list[tuple[int, int]] = []
    for second in sorted(seconds):
        if found and second - found[-1][1] <= 0:
            found[-1] = (found[-1][0], second + step)
        else:
            found.append((second, second + step))
    return found
