"""The house style, and the kinds of panels that there are several of.

`rest` are arguments of `grafana.panel`.

Each colour has one meaning in all panels: green is good, orange a warning, red bad, grey unknown.
Quantities that are neither good nor bad are blue or purple. No meaning depends on colour alone.
"""

from collections.abc import Mapping
from typing import Any

from contract.document import Json
from dashboards import grafana

GOOD, WARNING, BAD, UNKNOWN = "green", "orange", "red", "#808080"
QUANTITIES = ("blue", "purple")

PERCENT = "percent"
MILLISECONDS = "ms"
MINUTES = "m"
PER_MINUTE = "opm"
ROUNDED = "short"  # 1469 is 1.47 K
NUMBER = "none"  # 1469 is 1469
SECONDS = "s"
TIME = "time:MMM D HH:mm"
"""Grafana's names of units."""

NO_DATA = "no data"
LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
"""What a panel with one value for each series shows of it."""


def graph(*, stacked: bool = False, **rest: Any) -> Json:
    """A few series with known names, drawn as stacked areas if `stacked`."""
    stacking = {"stacking": {"group": "A", "mode": "normal"}}
    areas = {"fillOpacity": 60, "lineWidth": 0, **stacking}
    look = areas if stacked else {"fillOpacity": 0, "lineWidth": 2}
    legend = {"displayMode": "list", "calcs": ["lastNotNull"]}
    return _time_series(legend, {"min": 0}, look, **rest)


def ranking(*, query: Json, good: float, until: float, **rest: Any) -> Json:
    """A line for each label set, coloured by the thresholds that it is between.

    `good` is the best possible value. The axis goes from there at least to `until`, so that the
    thresholds are always visible. The legend has the worst series on top, so that it is visible
    however many there are.
    """
    worst, hard, soft = ("min", "max", "Min") if until < good else ("max", "min", "Max")
    legend = {
        "displayMode": "table",
        "calcs": ["lastNotNull", worst],
        "sortBy": worst.capitalize(),  # the title of the column
        "sortDesc": worst == "max",
    }
    field = {hard: good, "color": {"mode": "thresholds", "seriesBy": worst}}
    axis = {f"axisSoft{soft}": until}
    look = {"fillOpacity": 0, "gradientMode": "scheme", "lineWidth": 1, **axis}
    return _time_series(legend, field, look, queries=(query,), **rest)


def _time_series(legend: Json, field: Json, look: Json, **rest: Any) -> Json:
    """`legend` are the legend's options, `field` and `look` the properties of each series."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "none"},
        "thresholdsStyle": {"mode": "dashed" if "thresholds" in rest else "off"},
        **look,
    }
    return grafana.panel(
        "timeseries",
        options={
            "legend": {"placement": "bottom", "showLegend": True, **legend},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        defaults={**field, "custom": custom},
        **rest,
    )


def colored(color: str) -> Json:
    """The properties that give one series a colour of its own."""
    return {"color": {"fixedColor": color, "mode": "fixed"}}


def table(
    *,
    labels: Mapping[str, str],
    columns: Mapping[str, str],
    sort: Json,
    empty: str = NO_DATA,
    **rest: Any,
) -> Json:
    """A table with a row for each label set, and a column for each label and each expression.

    `labels` maps label names to titles. `columns` maps titles to expressions, which all have the
    same labels. `sort` names a column's title, and says whether the highest value is on top.
    """
    values = {f"Value #{chr(ord('A') + i)}": name for i, name in enumerate(columns)}
    titles = {**labels, **values}
    custom = {"align": "auto", "filterable": False, "inspect": False, "minWidth": 60}
    return grafana.panel(
        "table",
        queries=tuple(grafana.query(expr, instant=True, form="table") for expr in columns.values()),
        options={"cellHeight": "sm", "showHeader": True, "sortBy": [sort]},
        defaults={"custom": custom, "noValue": empty},
        transformations=[
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "indexByName": {name: index for index, name in enumerate(titles)},
                    "renameByName": titles,
                },
            },
        ],
        **rest,
    )


def cells(kind: str) -> Json:
    """Properties of a column with cells of `kind`, in the forms of Grafana 10 and of Grafana 9."""
    return {"custom.cellOptions": {"type": kind}, "custom.displayMode": kind}
