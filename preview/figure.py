"""A panel as a plotly figure: `data` and `layout`, as its JavaScript library draws them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from preview.field import GREY
from preview.queries import View

Figure = dict[str, Any]

LEGEND = 62
"""The height in pixels of a whole legend, which scrolls if it has more names."""

NARROW = {"l": 6, "r": 6, "t": 6, "b": 6}
"""The margins of a figure without a time axis."""


def clock(second: float) -> str:
    """A moment on a time axis: local time in plotly's format."""
    return datetime.fromtimestamp(second).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def figure(data: Sequence[Mapping[str, Any]], **layout: Any) -> Figure:
    """A figure; the style that all have in common is in the page's script."""
    # Room below the graph for the axis and one line of the legend, or a whole legend.
    margin = {"l": 50, "r": 10, "t": 6, "b": 42 if len(data) <= 4 else 24 + LEGEND}
    legend = {"maxheight": LEGEND}
    return {"data": list(data), "layout": {"margin": margin, "legend": legend, **layout}}


def only_text(text: str, *, size: int = 16, ink: str = GREY, ground: str | None = None) -> Figure:
    """A text in the middle of a panel, on the colour `ground`, if any."""
    placed = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    hidden = {"visible": False}
    return figure(
        (),
        annotations=[{**placed, "text": text, "font": {"size": size, "color": ink}}],
        shapes=[region({"xref": "paper", "x0": 0, "x1": 1}, ground)] if ground else [],
        xaxis=hidden,
        yaxis=hidden,
        margin=NARROW,
    )


def region(span: Mapping[str, Any], ground: str, opacity: float = 1) -> dict[str, Any]:
    """A shape in one colour over the whole height; `span` says from where to where."""
    look = {"fillcolor": ground, "opacity": opacity, "line": {"width": 0}, "layer": "below"}
    return {"type": "rect", **span, "yref": "paper", "y0": 0, "y1": 1, **look}


def dashed(axis: str, at: str | float, ink: str, dash: str = "dash") -> dict[str, Any]:
    """A shape: a line through the whole graph where the `axis` x or y is `at`."""
    other = "y" if axis == "x" else "x"
    span = {f"{axis}0": at, f"{axis}1": at, f"{other}ref": "paper", f"{other}0": 0, f"{other}1": 1}
    return {"type": "line", **span, "line": {"color": ink, "width": 1, "dash": dash}}


def time_axis(view: View) -> dict[str, Any]:
    """A time axis over the whole view, even where there are no values."""
    return {
        "type": "date",
        "range": [clock(view.begin), clock(view.end)],
        "tickformat": "%H:%M" if view.end - view.begin > 1800 else "%H:%M:%S",
    }


def stretches(seconds: Iterable[int], view: View) -> list[tuple[int, int]]:
    """Begin and end of each run of `seconds` that are a step apart; none ends after the view."""
    found: list[tuple[int, int]] = []
    for second in sorted(seconds):
        begin = found.pop()[0] if found and second <= found[-1][1] else second
        found.append((begin, min(second + view.step, view.end)))
    return found


def bars(
    name: str, ground: str, seconds: Mapping[str, Iterable[int]], view: View
) -> dict[str, Any]:
    """Horizontal bars in one colour: on each line, given by its name, while it has `seconds`."""
    spans = [(line, *span) for line, at in seconds.items() for span in stretches(at, view)]
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "marker": {"color": ground},
        "y": [line for line, _, _ in spans],
        "base": [clock(begin) for _, begin, _ in spans],
        "x": [(end - begin) * 1000 for _, begin, end in spans],
        "hovertemplate": f"{name} %{{base}}",
    }
