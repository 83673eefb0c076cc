"""Panels that show the values of one moment: a number, a table, bars."""

from collections.abc import Mapping, Sequence
from typing import Any

from preview.field import INK, Field, Panel
from preview.figure import NARROW, Figure, figure, only_text
from preview.queries import Series, View

Row = Mapping[str, Any]


def stat(panel: Panel, series: Sequence[Series], _: View) -> Figure:
    """The number, or the text of its mapping, on the colour of its threshold."""
    field, value = Field.of(panel), series[0].last if series else None
    return only_text(field.text(value), size=30, ink="#ffffff", ground=field.color(value))


def table(panel: Panel, series: Sequence[Series], _: View) -> Figure:
    """A row for each set of labels, with a column for each label and each query."""
    rows: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for each in series:
        row = rows.setdefault(tuple(sorted(each.labels.items())), dict(each.labels))
        row[f"Value #{each.query}"] = each.last
    titles = _titles(panel, {key for row in rows.values() for key in row})
    ranked = _sorted(panel, list(rows.values()), titles)
    texts, inks = [], []
    for key, title in titles.items():
        field, values = Field.of(panel, title), [row.get(key) for row in ranked]
        coloured = field.get("custom.cellOptions")
        texts.append([each if isinstance(each, str) else field.text(each) for each in values])
        inks.append(
            [field.color(each) if coloured and isinstance(each, float) else INK for each in values]
        )
    header = {"values": list(titles.values()), "align": "left", "fill": {"color": "#f0f0f0"}}
    cells = {
        "values": texts,
        "font": {"color": inks},
        "align": "left",
        "fill": {"color": "#ffffff"},
    }
    return figure([{"type": "table", "header": header, "cells": cells}], margin=NARROW)


def _titles(panel: Panel, keys: set[str]) -> dict[str, str]:
    """The columns' titles by key, in the order of the transformation `organize`."""
    (options,) = (each["options"] for each in panel["transformations"] if each["id"] == "organize")
    order, hidden = options["indexByName"], options["excludeByName"]
    kept = sorted(keys - hidden.keys(), key=lambda key: (order.get(key, len(order)), key))
    return {key: options["renameByName"].get(key, key) for key in kept}


def _sorted(panel: Panel, rows: Sequence[Row], titles: Mapping[str, str]) -> list[Row]:
    """The rows as the panel sorts them, those without that value last."""
    (by,) = panel["options"]["sortBy"]
    key = {title: key for key, title in titles.items()}.get(by["displayName"], "")
    there = sorted((row for row in rows if key in row), key=lambda row: row[key])
    return [*(there[::-1] if by["desc"] else there), *(row for row in rows if key not in row)]


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
