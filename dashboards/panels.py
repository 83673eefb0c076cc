"""The house style of panels over time, with today's options, so that they read as sentences."""

from typing import Any

from dashboards.model import Head, Json, Override, Panel, Query, Threshold

PERCENT = "percent"
MILLISECONDS = "ms"
MINUTES = "m"
PER_MINUTE = "opm"
COUNT = "short"
NUMBER = "none"
SECONDS = "s"
"""Grafana's names of units."""

_HIDDEN_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []}


def time_series(
    head: Head,
    *,
    unit: str,
    queries: tuple[Query, ...],
    thresholds: tuple[Threshold, ...],
    **look: Any,
) -> Panel:
    """A graph with its legend as a table, its lowest value at 0 and its thresholds as lines.

    `look` is links, overrides, `maximum` of the axis, or `stacked` areas.
    """
    maximum = look.pop("maximum", None)
    stacking = "normal" if look.pop("stacked", False) else "none"
    return Panel(
        head=head,
        kind="timeseries",
        queries=queries,
        unit=unit,
        thresholds=thresholds,
        options={
            "legend": {
                "displayMode": "table",
                "placement": "bottom",
                "showLegend": True,
                "calcs": ["lastNotNull", "min", "max"],
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        defaults={
            "min": 0,
            **({} if maximum is None else {"max": maximum}),
            "custom": _lines(stacking, limits=len(thresholds) > 1),
        },
        **look,
    )


def _lines(stacking: str, *, limits: bool) -> Json:
    """How a graph is drawn; `limits` are the thresholds as lines."""
    return {
        "drawStyle": "line",
        "fillOpacity": 30 if stacking == "normal" else 10,
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": stacking},
        "thresholdsStyle": {"mode": "dashed" if limits else "off"},
    }


def drawn_as(kind: str, color: str | None = None) -> Json:
    """Properties of one series: `line` without area (out of the stack) or `dashed` likewise."""
    dashes = {"custom.lineStyle": {"dash": [10, 10], "fill": "dash"}} if kind == "dashed" else {}
    fixed = {"color": {"fixedColor": color, "mode": "fixed"}} if color else {}
    return {
        "custom.fillOpacity": 0,
        "custom.lineWidth": 2,
        "custom.stacking": {"group": "A", "mode": "none"},
        **dashes,
        **fixed,
    }


def state_timeline(
    head: Head,
    *,
    queries: tuple[Query, ...],
    states: tuple[tuple[str, str], ...],
    overrides: tuple[Override, ...] = (),
) -> Panel:
    """A bar a query, coloured by state: `states` are the texts and colours of 0, 1, 2..."""
    return Panel(
        head=head,
        kind="state-timeline",
        queries=queries,
        unit=NUMBER,
        thresholds=(Threshold(None, states[0][1]),),
        options={
            "alignValue": "left",
            "legend": _HIDDEN_LEGEND,
            "mergeValues": True,
            "rowHeight": 0.8,
            "showValue": "auto",
            "tooltip": {"mode": "single", "sort": "none"},
        },
        defaults={"custom": {"fillOpacity": 80, "lineWidth": 0}, "mappings": [_mapping(states)]},
        overrides=overrides,
    )


def _mapping(states: tuple[tuple[str, str], ...]) -> Json:
    return {
        "type": "value",
        "options": {
            str(value): {"color": color, "index": value, "text": text}
            for value, (text, color) in enumerate(states)
        },
    }


def heatmap(
    head: Head,
    *,
    query: Query,
) -> Panel:
    """Cells of a histogram over time: the buckets of `query`, by their bound in seconds."""
    return Panel(
        head=head,
        kind="heatmap",
        queries=(query,),
        unit=PER_MINUTE,
        thresholds=(Threshold(None, "blue"),),
        options={
            "calculate": False,
            "cellGap": 1,
            "cellValues": {"unit": PER_MINUTE},
            "color": {
                "exponent": 0.5,
                "fill": "dark-orange",
                "mode": "scheme",
                "reverse": False,
                "scale": "exponential",
                "scheme": "Blues",
                "steps": 64,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "auto"},
            "selectionMode": "x",
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": SECONDS},
        },
    )
