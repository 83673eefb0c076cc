"""One panel as a drawing: what its queries gave, in the manner of its kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import FigureBase

from preview.look import UNITS
from preview.over_time import DAY, heatmap, state_timeline, time_series, times
from preview.resolve import View
from preview.results import Series
from preview.values import bar_gauge, stat, table

Panel = Mapping[str, Any]

_OVER_TIME = {"timeseries": time_series, "heatmap": heatmap, "state-timeline": state_timeline}
_OF_A_MOMENT: Mapping[str, Callable[[Axes, Panel, Sequence[Series]], None]] = {
    "stat": stat,
    "table": table,
    "bargauge": bar_gauge,
}
_MARKED = ("timeseries", "heatmap")
"""Kinds that show annotations."""


@dataclass(frozen=True)
class Mark:
    """When an alert fired: Unix seconds, and the annotation's colour."""

    seconds: tuple[int, ...]
    color: str


@dataclass(frozen=True)
class Shown:
    """A panel and what it shows."""

    panel: Panel
    series: Sequence[Series]
    marks: Sequence[Mark]
    view: View


def draw(figure: FigureBase, shown: Shown) -> None:
    """Draw a panel over the whole of `figure`, with its title and unit."""
    panel, kind = shown.panel, shown.panel["type"]
    axes = figure.subplots()
    axes.set_title(panel["title"], loc="left", fontsize=8, fontweight="bold")
    unit = UNITS[panel["fieldConfig"]["defaults"]["unit"]]
    axes.set_title(f"unit: {unit}" if unit else "", loc="right", fontsize=6)
    axes.tick_params(labelsize=6)
    if kind in _OF_A_MOMENT:
        _OF_A_MOMENT[kind](axes, panel, shown.series)
        return
    _OVER_TIME[kind](figure, axes, panel, shown.series)
    axes.xaxis_date(UTC)
    ticks = AutoDateLocator(tz=UTC)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(ticks)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(ticks, tz=UTC))  # type: ignore[no-untyped-call]
    axes.set_xlim(*times((shown.view.begin, shown.view.end)))
    for mark in shown.marks if kind in _MARKED else ():
        _shade(axes, mark, shown.view.step)


def _shade(axes: Axes, mark: Mark, step: int) -> None:
    """Colour each step at which an alert fired."""
    spans = [(begin, step / DAY) for begin in times(mark.seconds)]
    axes.broken_barh(
        spans,
        (0, 1),
        transform=axes.get_xaxis_transform(),
        facecolors=mark.color,
        alpha=0.12,
        linewidth=0,
        zorder=0,
    )
