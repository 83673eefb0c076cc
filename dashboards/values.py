"""The house style of panels that show one moment: a number, a table, bars."""

from dashboards.model import Head, Json, Link, Override, Panel, Query, Threshold

_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def at_least(value: float, text: str, color: str) -> Json:
    """A value mapping: from `value` on, `text` is shown."""
    return {
        "type": "range",
        "options": {"from": value, "to": None, "result": {"color": color, "text": text}},
    }


def stat(
    head: Head,
    *,
    unit: str,
    query: Query,
    thresholds: tuple[Threshold, ...],
    mappings: tuple[Json, ...] = (),
    links: tuple[Link, ...] = (),
) -> Panel:
    """One number, on its threshold's colour."""
    return Panel(
        head=head,
        kind="stat",
        queries=(query,),
        unit=unit,
        thresholds=thresholds,
        options={
            "colorMode": "background",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "percentChangeColorMode": "standard",
            "reduceOptions": _LAST,
            "showPercentChange": False,
            "textMode": "value",
            "wideLayout": True,
        },
        defaults={"color": {"mode": "thresholds"}, "decimals": 0, "mappings": list(mappings)},
        links=links,
    )


def table(
    head: Head,
    *,
    unit: str,
    columns: tuple[tuple[str, Query], ...],
    labels: tuple[str, ...],
    thresholds: tuple[Threshold, ...],
    overrides: tuple[Override, ...] = (),
) -> Panel:
    """A table of one line for each set of `labels`, the lowest value of the first column on top."""
    names = {f"Value #{chr(ord('A') + index)}": name for index, (name, _) in enumerate(columns)}
    titled = {label: label.capitalize() for label in labels}
    order = [*labels, *names]
    return Panel(
        head=head,
        kind="table",
        queries=tuple(query for _, query in columns),
        unit=unit,
        thresholds=thresholds,
        options={
            "cellHeight": "sm",
            "showHeader": True,
            "sortBy": [{"desc": False, "displayName": columns[0][0]}],
        },
        defaults={"custom": {"align": "auto", "filterable": True, "inspect": False}},
        overrides=overrides,
        transformations=(
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "indexByName": {name: index for index, name in enumerate(order)},
                    "renameByName": titled | names,
                },
            },
        ),
    )


def bar_gauge(
    head: Head,
    *,
    unit: str,
    query: Query,
) -> Panel:
    """A bar for each series, lying, as long as its value."""
    return Panel(
        head=head,
        kind="bargauge",
        queries=(query,),
        unit=unit,
        thresholds=(Threshold(None, "blue"),),
        options={
            "displayMode": "basic",
            "legend": {
                "calcs": [],
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": False,
            },
            "maxVizHeight": 300,
            "minVizHeight": 16,
            "minVizWidth": 8,
            "namePlacement": "auto",
            "orientation": "horizontal",
            "reduceOptions": _LAST,
            "showUnfilled": True,
            "sizing": "auto",
            "valueMode": "text",
        },
        defaults={"min": 0},
    )
