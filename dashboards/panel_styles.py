"""The house style: the options of each kind of panel. `rest` are arguments of `grafana.panel`.

Each colour has one meaning in all panels: green is good, orange a warning, red bad, grey unknown.
Quantities that are neither good nor bad are blue or purple. No meaning depends on colour alone.
"""

from collections.abc import Mapping
from typing import Any

from contract.document import Json
from contract.metrics import BUCKET
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
_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_HIDDEN_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []}


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


def drawn_as(kind: str, color: str) -> Json:
    """Properties of one series: an `area` of the stack, or a `line` or `dashed` line over it."""
    fixed = {"color": {"fixedColor": color, "mode": "fixed"}}
    if kind == "area":
        return fixed
    dashes = {"custom.lineStyle": {"dash": [10, 10], "fill": "dash"}} if kind == "dashed" else {}
    return {
        "custom.fillOpacity": 0,
        "custom.lineWidth": 2,
        "custom.stacking": {"group": "A", "mode": "none"},
        **dashes,
        **fixed,
    }


def state_timeline(*, states: Json, **rest: Any) -> Json:
    """A bar over time for each query, coloured by its state; `states` is a mapping of `texts`."""
    return grafana.panel(
        "state-timeline",
        unit=NUMBER,
        thresholds={None: UNKNOWN},
        options={
            "alignValue": "left",
            "legend": _HIDDEN_LEGEND,
            "mergeValues": True,
            "rowHeight": 0.8,
            "showValue": "auto",
        },
        defaults={
            "custom": {"fillOpacity": 80, "lineWidth": 0},
            "mappings": [states],
            "noValue": NO_DATA,
        },
        **rest,
    )


def texts(by_value: Mapping[int, tuple[str, str]]) -> Json:
    """A mapping from values to text and colour."""
    options = {
        str(value): {"color": color, "index": index, "text": text}
        for index, (value, (text, color)) in enumerate(by_value.items())
    }
    return {"type": "value", "options": options}


def at_least(value: float, text: str, color: str) -> Json:
    """A mapping that shows `text` for values of `value` and above."""
    result = {"color": color, "text": text}
    return {"type": "range", "options": {"from": value, "to": None, "result": result}}


def _without_value() -> Json:
    """A mapping that shows a missing value in grey, not in the colour of the lowest threshold."""
    result = {"color": UNKNOWN, "text": NO_DATA}
    return {"type": "special", "options": {"match": "null+nan", "result": result}}


def stat(*, query: Json, mappings: tuple[Json, ...] = (), **rest: Any) -> Json:
    """One number on the colour of its threshold, or on grey if there is no value."""
    return grafana.panel(
        "stat",
        queries=(query,),
        options={
            "colorMode": "background",
            "graphMode": "none",
            "reduceOptions": _LAST,
            "textMode": "value",
        },
        defaults={
            "color": {"mode": "thresholds"},
            "decimals": 0,
            "mappings": [*mappings, _without_value()],
            "noValue": NO_DATA,
        },
        **rest,
    )


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
    order = [*labels, *values]
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
                    "indexByName": {name: index for index, name in enumerate(order)},
                    "renameByName": {**labels, **values},
                },
            },
        ],
        **rest,
    )


def cells(kind: str) -> Json:
    """Properties of a column with cells of `kind`, in the forms of Grafana 10 and of Grafana 9."""
    return {"custom.cellOptions": {"type": kind}, "custom.displayMode": kind}


def bar_gauge(*, query: Json, **rest: Any) -> Json:
    """A horizontal bar for each series."""
    return grafana.panel(
        "bargauge",
        queries=(query,),
        thresholds={None: QUANTITIES[0]},
        options={
            "displayMode": "basic",
            "orientation": "horizontal",
            "reduceOptions": _LAST,
            "showUnfilled": True,
            "valueMode": "text",
        },
        defaults={"min": 0, "noValue": NO_DATA},
        **rest,
    )


def heatmap(*, query: Json, **rest: Any) -> Json:
    """A histogram over time: the buckets of `query`, by their bounds in seconds."""
    return grafana.panel(
        "heatmap",
        queries=(query,),
        unit=PER_MINUTE,
        thresholds={None: QUANTITIES[0]},
        options={
            "calculate": False,
            "cellGap": 1,
            "cellValues": {"unit": PER_MINUTE},
            "color": {
                "exponent": 0.5,
                "mode": "scheme",
                "scale": "exponential",
                "scheme": "Blues",
                "steps": 64,
            },
            "filterValues": {BUCKET: 1e-9},
            "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "unit": SECONDS},
        },
        **rest,
    )
