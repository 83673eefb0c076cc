"""Panels with a time axis: graphs, heatmaps, bars of states."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import FigureBase
from matplotlib.patches import Patch

from preview.look import COLORS, formatted, limits, overrides
from preview.results import Series

Panel = Mapping[str, Any]

LEGEND = 8
"""Names that a legend shows; of more it says how many."""


def times(seconds: Iterable[int]) -> Any:
    """Unix seconds as matplotlib counts time: in days."""
    return np.fromiter(seconds, dtype=float) / DAY


DAY = 86_400


def time_series(figure: FigureBase, axes: Axes, panel: Panel, series: Sequence[Series]) -> None:
    """Lines, or areas one on the other; thresholds as dashed lines; names below."""
    defaults = panel["fieldConfig"]["defaults"]
    stacked = [each for each in series if _is_stacked(panel, each)]
    if stacked:
        seconds = sorted(set().union(*(each.values for each in stacked)))
        heights = [[each.values.get(second, 0) for second in seconds] for each in stacked]
        colors = [_color(panel, each, index) for index, each in enumerate(stacked)]
        names = [each.name for each in stacked]
        axes.stackplot(times(seconds), heights, colors=colors, labels=names, alpha=0.5)
    for index, each in enumerate(series):
        if each not in stacked:
            dashed = "custom.lineStyle" in overrides(panel, each.name)
            axes.plot(
                times(list(each.values)),
                list(each.values.values()),
                color=_color(panel, each, index),
                linestyle="--" if dashed else "-",
                linewidth=1,
                label=each.name,
            )
    write = formatted(defaults["unit"])
    for value, color in limits(panel):
        label = f"threshold {write(value)}"
        axes.axhline(value, color=color, linestyle=":", linewidth=1, label=label)
    axes.set_ylim(bottom=0, top=105 if defaults.get("max") == 100 else None)
    axes.yaxis.set_major_formatter(lambda value, _: write(value))
    axes.grid(visible=True, linewidth=0.3)
    _legend(figure, *axes.get_legend_handles_labels())


def _is_stacked(panel: Panel, series: Series) -> bool:
    custom = panel["fieldConfig"]["defaults"]["custom"]
    own = overrides(panel, series.name).get("custom.stacking", custom["stacking"])
    return bool(own["mode"] == "normal")


def _color(panel: Panel, series: Series, index: int) -> Any:
    own = overrides(panel, series.name).get("color")
    return COLORS[own["fixedColor"]] if own else mpl.colormaps["tab20"](index % 20)


def _legend(figure: FigureBase, handles: Sequence[Any], names: Sequence[str]) -> None:
    # Thresholds come last, and are always named.
    fixed = [index for index, name in enumerate(names) if name.startswith("threshold ")]
    free = [index for index in range(len(names)) if index not in fixed]
    chosen = [*free[: LEGEND - len(fixed)], *fixed]
    left = len(names) - len(chosen)
    legend = figure.legend(
        [handles[index] for index in chosen],
        [names[index] for index in chosen],
        title=f"and {left} more" if left else None,
        loc="outside lower left",
        ncols=2,
        fontsize=5.5,
        title_fontsize=5.5,
        frameon=False,
    )
    legend.set_alignment("left")


def heatmap(figure: FigureBase, axes: Axes, panel: Panel, series: Sequence[Series]) -> None:
    """Cells: how much of the histogram each bucket has on its own, at each moment."""
    rows = sorted(series, key=lambda each: float(each.labels["le"]))
    seconds = sorted(set().union(*(each.values for each in rows)))
    sums = np.array([[each.values.get(second, 0.0) for second in seconds] for each in rows])
    cells = np.diff(sums, axis=0, prepend=0).clip(min=0)
    mesh = axes.pcolormesh(
        times(seconds),
        np.arange(len(rows)),
        cells,
        cmap=panel["options"]["color"]["scheme"],
        norm=PowerNorm(panel["options"]["color"]["exponent"]),
        shading="nearest",
        rasterized=True,
    )
    bounds = [each.labels["le"] for each in rows]
    axes.set_yticks(range(len(rows)), [f"{bound} s" for bound in bounds])
    bar = figure.colorbar(mesh, ax=axes, pad=0.01)
    write = formatted(panel["fieldConfig"]["defaults"]["unit"])
    bar.ax.yaxis.set_major_formatter(lambda value, _: write(value))
    bar.ax.tick_params(labelsize=6)


def state_timeline(figure: FigureBase, axes: Axes, panel: Panel, series: Sequence[Series]) -> None:
    """A bar a series, coloured by the state that each value stands for."""
    (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
    states = {float(value): state for value, state in mapping["options"].items()}
    for line, each in enumerate(reversed(series)):
        seconds = list(each.values)
        step = min((later - one for one, later in pairwise(seconds)), default=60)
        width = step / DAY
        axes.broken_barh(
            [(start, width) for start in times(seconds)],
            (line - 0.4, 0.8),
            facecolors=[COLORS[states[value]["color"]] for value in each.values.values()],
            linewidth=0,
            antialiased=False,  # no seams between the steps
        )
    axes.set_yticks(range(len(series)), [each.name for each in reversed(series)])
    patches = [Patch(color=COLORS[state["color"]]) for state in states.values()]
    _legend(figure, patches, [state["text"] for state in states.values()])
