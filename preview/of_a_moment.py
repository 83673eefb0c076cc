"""Panels that show one moment: numbers, tables, bars."""

from collections.abc import Mapping, Sequence
from typing import Any

from preview.field import Field, Panel
from preview.figure import Figure, figure, without_axes
from preview.resolve import View
from preview.results import Series


def stat(panel: Panel, series: Sequence[Series], _: View) -> Figure:
    """Each number, or the text of its mapping, on the colour of its threshold."""
    shown: list[tuple[str, float | None]] = [(each.name, each.last) for each in series]
    shown = shown or [("", None)]
    fields = [Field.of(panel, name) for name, _ in shown]
    on_ground = panel.get("options", {}).get("colorMode") == "background"
    texts, grounds = [], []
    for index, ((name, value), field) in enumerate(zip(shown, fields, strict=True)):
        chosen = field.color(value)
        texts.append(
            {
                "x": (index + 0.5) / len(shown),
                "y": 0.5,
                "xanchor": "center",
                "text": field.text(value) + (f"<br>{name}" if len(shown) > 1 else ""),
                "font": {"size": 30, "color": "#ffffff" if on_ground else chosen},
            }
        )
        grounds.append(
            {
                "type": "rect",
                "xref": "paper",
                "yref": "paper",
                "x0": index / len(shown),
                "x1": (index + 1) / len(shown),
                "y0": 0,
                "y1": 1,
                "fillcolor": chosen,
                "line": {"width": 0},
                "layer": "below",
            }
        )
    margin = {"l": 6, "r": 6, "t": 6, "b": 6}
    return without_axes(texts, shapes=grounds if on_ground else [], margin=margin)


def table(panel: Panel, series: Sequence[Series], _: View) -> Figure:
    """A row for each set of labels, with a column for each label and each query."""
    lines: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for each in series:
        line = lines.setdefault(tuple(sorted(each.labels.items())), dict(each.labels))
        line[f"Value #{each.query}"] = each.last
    columns = _columns(panel, list(dict.fromkeys(key for line in lines.values() for key in line)))
    ranked = _sorted(panel, list(lines.values()), columns)
    fields = {key: Field.of(panel, title) for key, title in columns.items()}
    return figure(
        [
            {
                "type": "table",
                "header": {
                    "values": list(columns.values()),
                    "align": "left",
                    "fill": {"color": "#f0f0f0"},
                },
                "cells": {
                    "values": [
                        [_cell(fields[key], line.get(key)) for line in ranked] for key in columns
                    ],
                    "align": "left",
                    "fill": {"color": "#ffffff"},
                    "font": {
                        "color": [
                            [_ink(fields[key], line.get(key)) for line in ranked] for key in columns
                        ]
                    },
                },
            }
        ],
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
    )


def _columns(panel: Panel, keys: Sequence[str]) -> dict[str, str]:
    """The columns' titles by key, in the order of the transformation `organize`."""
    options: Mapping[str, Any] = next(
        (each["options"] for each in panel.get("transformations", ()) if each["id"] == "organize"),
        {},
    )
    hidden = {key for key, value in options.get("excludeByName", {}).items() if value}
    order = options.get("indexByName", {})
    kept = sorted((key for key in keys if key not in hidden), key=lambda key: order.get(key, 99))
    return {key: options.get("renameByName", {}).get(key, key) for key in kept}


def _sorted(
    panel: Panel, lines: Sequence[dict[str, Any]], columns: Mapping[str, str]
) -> list[dict[str, Any]]:
    found = list(lines)
    for each in panel.get("options", {}).get("sortBy", ()):
        for key in (key for key, title in columns.items() if title == each["displayName"]):
            there = [line for line in found if key in line]
            absent = [line for line in found if key not in line]
            there.sort(key=lambda line: line[key], reverse=bool(each.get("desc")))
            found = there + absent
    return found


def _cell(field: Field, value: Any) -> str:
    return value if isinstance(value, str) else field.text(value)


def _ink(field: Field, value: Any) -> str:
    coloured = isinstance(value, float) and (field.get("custom.cellOptions") or {}).get("type")
    return field.color(value) if coloured in ("color-text", "color-background") else "#24292e"


def bar_gauge(panel: Panel, series: Sequence[Series], _: View) -> Figure:
    """A bar for each series, the first on top, with its value."""
    fields = [Field.of(panel, each.name) for each in series]
    shown = list(zip(fields, series, strict=True))
    return figure(
        [
            {
                "type": "bar",
                "orientation": "h",
                "y": [each.name for each in series],
                "x": [each.last for each in series],
                "text": [field.text(each.last) for field, each in shown],
                "marker": {"color": [field.color(each.last) for field, each in shown]},
                "hoverinfo": "y+text",
            }
        ],
        yaxis={"autorange": "reversed", "automargin": True},
        xaxis={"visible": False},
        margin={"l": 50, "r": 10, "t": 6, "b": 6},
    )
