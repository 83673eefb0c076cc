"""Dashboards as the JSON that Grafana 12 and 13 store. The only module that knows grafanalib.

grafanalib writes an old format: it has fields that current versions of Grafana do not know, and
lacks some that they expect. Fields to drop are in `_OBSOLETE`; missing ones are added in the
function of each object.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from grafanalib import core

from contract.document import Json

SCHEMA_VERSION = 42
"""The classic format that Grafana 12.4 and 13 store (npm `@grafana/schema` 12.4 and 13.2)."""

PLUGIN_VERSION = "12.4.0"
"""The oldest Grafana that stores these panel options; later ones migrate them from here."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
"""The data source that the variable of this name chooses."""
_OBSOLETE = {
    *("__inputs", "hideControls", "rows", "sharedCrosshair", "style"),  # of a dashboard
    *("editable", "error", "hideTimeOverride"),  # of a panel
}
_LINK = core.DashboardLink(type="link", keepTime=False).to_json_data()


def dashboard(
    *,
    time_from: str,
    variables: list[Json],
    annotations: list[Json],
    links: list[Json],
    **settings: Any,
) -> Json:
    """A dashboard; `settings` are further fields of grafanalib's."""
    built = core.Dashboard(
        graphTooltip=1,  # a crosshair that all panels share
        schemaVersion=SCHEMA_VERSION,
        links=[{**_LINK, **link} for link in links],
        timezone="browser",
        **settings,
    )
    return {
        **_stored(built.to_json_data()),
        "editable": False,
        "time": {"from": time_from, "to": "now"},
        "templating": {"list": variables},
        "annotations": {"list": [_BUILT_IN, *annotations]},
        "fiscalYearStartMonth": 0,
        "timepicker": {},
    }


_BUILT_IN = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "name": "Annotations & Alerts",
    "type": "dashboard",
}
"""The entry for annotations that people make by hand; Grafana adds it if it is missing."""


def row(number: int, title: str) -> Json:
    """The head of the dashboard's row, at its top."""
    place = {"x": 0, "y": 0, "w": 24, "h": 1}
    head = {"id": number, "type": "row", "title": title, "gridPos": place}
    return {**head, "collapsed": False, "panels": []}


def panel(  # noqa: PLR0913  # a panel has as many parts
    kind: str,
    *,
    queries: Sequence[Json],
    unit: str,
    options: Json,
    defaults: Json | None = None,
    thresholds: Mapping[float | None, str] | None = None,
    links: Sequence[Json] = (),
    overrides: Mapping[str, Json] | None = None,
    **rest: Any,
) -> Json:
    """A panel of the plugin `kind`; `rest` are further fields of grafanalib's, such as the title.

    `defaults` are properties of all fields, `overrides` those of single ones by their name; the
    property `links` is offered on a click on a value.
    `thresholds` maps values to the colour from there upwards; None is the lowest step.
    """
    colors = thresholds or {None: "green"}
    base = core.Panel(
        dataSource=DATASOURCE,
        maxDataPoints=None,  # one point a pixel, Grafana's own default
        targets=[{**each, "refId": chr(ord("A") + index)} for index, each in enumerate(queries)],
        thresholds=[{"value": value, "color": color} for value, color in colors.items()],
        **rest,
    )
    on_click = {"links": list(links)} if links else {}
    made = base.panel_json(
        {
            "type": kind,
            "pluginVersion": PLUGIN_VERSION,
            "options": options,
            "fieldConfig": {
                "defaults": {"unit": unit, "mappings": [], **(defaults or {}), **on_click},
                "overrides": [_override(name, of) for name, of in (overrides or {}).items()],
            },
        }
    )
    return _stored(made)


def placed(panel: Json, place: tuple[int, int, int, int], interval: str) -> Json:
    """`panel` at its place on the grid of 24 columns: x, y, width, height.

    `interval` is the time between the samples of recorded series: a panel asks for no more points
    than were recorded, unless it reads scraped series.
    """
    scraped = any("$__rate_interval" in target["expr"] for target in panel["targets"])
    pace = {} if scraped else {"interval": interval}
    return {**panel, **pace, "gridPos": dict(zip("xywh", place, strict=True))}


def query(expr: str, legend: str = "", *, instant: bool = False, form: str = "time_series") -> Json:
    """A PromQL query and the text of its legend.

    An instant query is evaluated once, at the end of the time range; others at each step of it.
    """
    return {
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": expr,
        "format": form,
        "instant": instant,
        "legendFormat": legend,
        "range": not instant,
    }


def _override(name: str, properties: Json) -> Json:
    """Properties of the series or column whose name is `name`."""
    held = [{"id": key, "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": held}


def _stored(made: Json) -> Json:
    """`made` without the fields that Grafana no longer knows, or that have no value."""
    return {key: it for key, it in made.items() if key not in _OBSOLETE and it is not None}
