"""Panels of one moment: a number, a table, bars."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from preview.look import COLORS, formatted, overrides, threshold_color
from preview.results import Series

Panel = Mapping[str, Any]

LINES = 10
"""Lines that a table shows without scrolling."""


def stat(axes: Axes, panel: Panel, series: Sequence[Series]) -> None:
    """The number, on its threshold's colour, or the text that a mapping gives it."""
    (only,) = series
    defaults = panel["fieldConfig"]["defaults"]
    text = formatted(defaults["unit"], defaults.get("decimals"))(only.last)
    for mapping in defaults["mappings"]:
        if only.last >= mapping["options"].get("from", math.inf):
            text = mapping["options"]["result"]["text"]
    axes.set_facecolor(threshold_color(panel, only.last))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(
        *(0.5, 0.5),
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color="white",
        fontsize=22,
    )
    limits = ", ".join(
        f"{formatted(defaults['unit'])(step['value'])} {step['color']}"
        for step in defaults["thresholds"]["steps"]
        if step["value"] is not None
    )
    axes.set_xlabel(f"thresholds: {limits}", fontsize=6)


def table(axes: Axes, panel: Panel, series: Sequence[Series]) -> None:
    """A line for each set of labels, in the panel's order, with a column for each query."""
    renamed: Mapping[str, str] = panel["transformations"][1]["options"]["renameByName"]
    lines: dict[tuple[str, ...], dict[str, float]] = {}
    labels = [name for name in renamed if not name.startswith("Value #")]
    for each in series:
        key = tuple(each.labels[label] for label in labels)
        lines.setdefault(key, {})[renamed[f"Value #{each.query}"]] = each.last
    columns = [name for name in renamed.values() if name not in {renamed[each] for each in labels}]
    (order,) = panel["options"]["sortBy"]
    ranked = sorted(
        lines.items(), key=lambda line: line[1][order["displayName"]], reverse=order["desc"]
    )[:LINES]
    axes.set_axis_off()
    drawn = axes.table(
        [[*key, *(_cell(panel, name, values) for name in columns)] for key, values in ranked],
        colLabels=[*(renamed[label] for label in labels), *columns],
        loc="upper left",
        cellLoc="left",
        edges="horizontal",
    )
    drawn.auto_set_font_size(value=False)
    drawn.set_fontsize(6)
    for line, (_, values) in enumerate(ranked, start=1):
        color = threshold_color(panel, values[columns[0]])
        drawn[line, len(labels)].get_text().set_color(color)
    if len(lines) > LINES:
        axes.text(0, 0, f"and {len(lines) - LINES} more", transform=axes.transAxes, fontsize=6)


def _cell(panel: Panel, column: str, values: Mapping[str, float]) -> str:
    own = overrides(panel, column)
    unit = own.get("unit", panel["fieldConfig"]["defaults"]["unit"])
    return formatted(unit, own.get("decimals"))(values[column])


def bar_gauge(axes: Axes, panel: Panel, series: Sequence[Series]) -> None:
    """A bar for each series, the first on top, with its value."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    ranked = list(reversed(series))
    bars = axes.barh(
        [each.name for each in ranked], [each.last for each in ranked], color=COLORS["blue"]
    )
    write = formatted(unit)
    axes.bar_label(bars, [write(each.last) for each in ranked], fontsize=6, padding=2)
    axes.set_xlim(0, 1.15 * max((each.last for each in ranked), default=1))  # room for the numbers
    axes.xaxis.set_major_formatter(lambda value, _: write(value))
