"""Dashboards as the JSON that Grafana 12 and 13 store. The only module that knows grafanalib.

grafanalib writes an old format: it has fields that current versions of Grafana do not know, and
lacks some that they expect. Fields to drop are in the `_OBSOLETE` lists; missing ones are added in
the function of each object.
"""

from typing import Any

from grafanalib import core
from grafanalib._gen import DashboardEncoder

from dashboards import model

SCHEMA_VERSION = 42
"""The classic format that Grafana 12.4 and 13 store (npm `@grafana/schema` 12.4 and 13.2)."""

PLUGIN_VERSION = "12.4.0"
"""The oldest Grafana that stores these panel options; later ones migrate them from here."""

WIDTH = 24
"""Columns of Grafana's grid."""

DATASOURCE_VARIABLE = "datasource"
_DATASOURCE = {"type": "prometheus", "uid": f"${{{DATASOURCE_VARIABLE}}}"}
_OBSOLETE_DASHBOARD = ("__inputs", "hideControls", "rows", "sharedCrosshair", "style")
_OBSOLETE_VARIABLE = ("auto", "auto_count", "auto_min", "tagValuesQuery", "tagsQuery", "useTags")
_OBSOLETE_PANEL = ("editable", "error", "hideTimeOverride")
_OBSOLETE_TARGET = ("hide", "interval", "intervalFactor", "metric", "query", "step", "target")

_NULL_SAYS_SOMETHING = ("value", "to")
"""Keys that Grafana requires even if null: the lowest threshold, and an open range's end."""


def written(dashboard: model.Dashboard) -> dict[str, Any]:
    """`dashboard` as Grafana's JSON model, its rows one below the other."""
    panels: list[Any] = []
    y = 0
    for row in dashboard.rows:
        panels.append(_row(row, y))
        panels.extend(_panel(panel, place, y, dashboard.interval) for panel, place in row.panels)
        y += max(place.y + place.height for _, place in row.panels)
    built = core.Dashboard(
        uid=dashboard.uid,
        title=dashboard.title,
        description=dashboard.description,
        tags=list(dashboard.tags),
        editable=False,
        graphTooltip=1,  # a crosshair that all panels share
        schemaVersion=SCHEMA_VERSION,
        refresh=dashboard.refresh,
        time=core.Time(dashboard.time_from, "now"),
        templating=core.Templating(
            list=[_datasource_variable(), *(_variable(each) for each in dashboard.variables)]
        ),
        annotations=core.Annotations(
            list=[_BUILT_IN, *(_annotation(each) for each in dashboard.annotations)]
        ),
        links=[_dashboard_link(link) for link in dashboard.links],
        panels=panels,
        timezone="browser",
    )
    added = {"fiscalYearStartMonth": 0, "timepicker": {}}
    return {**_without(_plain(built), _OBSOLETE_DASHBOARD), **added}


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


def _row(row: model.Row, y: int) -> dict[str, Any]:
    place = {"x": 0, "y": y, "w": WIDTH, "h": 1}
    head = {"id": row.id, "type": "row", "title": row.title, "gridPos": place}
    return {**head, "collapsed": False, "panels": []}


def _panel(panel: model.Panel, place: model.Place, row_y: int, interval: str) -> dict[str, Any]:
    head = panel.head
    base = core.Panel(
        id=head.id,
        title=head.title,
        description=head.description,
        dataSource=_DATASOURCE,
        gridPos=core.GridPos(x=place.x, y=row_y + place.y, w=place.width, h=place.height),
        maxDataPoints=None,  # one point a pixel, Grafana's own default
        interval=None if panel.scraped else interval,
        targets=[_target(query, index) for index, query in enumerate(panel.queries)],
        thresholds=[{"value": step.value, "color": step.color} for step in panel.thresholds],
        transformations=list(panel.transformations),
    )
    links = model.data_links(*panel.links) if panel.links else {}
    made = base.panel_json(
        {
            "type": panel.kind,
            "pluginVersion": PLUGIN_VERSION,
            "options": panel.options,
            "fieldConfig": {
                "defaults": {"unit": panel.unit, "mappings": [], **panel.defaults, **links},
                "overrides": [_override(override) for override in panel.overrides],
            },
        }
    )
    return _without(_plain(made), _OBSOLETE_PANEL)


def _target(query: model.Query, index: int) -> dict[str, Any]:
    target = core.Target(
        expr=query.expr,
        legendFormat=query.legend,
        refId=chr(ord("A") + index),
        format=query.format,
        instant=query.instant,
        datasource=_DATASOURCE,
    )
    made = _without(_plain(target), _OBSOLETE_TARGET)
    return {**made, "editorMode": "code", "range": not query.instant}


def _override(override: model.Override) -> dict[str, Any]:
    properties = [{"id": key, "value": value} for key, value in override.properties.items()]
    return {"matcher": {"id": "byName", "options": override.name}, "properties": properties}


def _dashboard_link(link: model.Link) -> core.DashboardLink:
    icon = "bolt" if link.url.startswith("/alerting") else "doc"
    return core.DashboardLink(
        type="link", title=link.title, uri=link.url, icon=icon, targetBlank=True, keepTime=False
    )


def _datasource_variable() -> dict[str, Any]:
    built = core.Template(
        name=DATASOURCE_VARIABLE,
        label="Data source",
        type="datasource",
        query="prometheus",
        refresh=1,
        regex="",
    )
    return {**_without(_plain(built), _OBSOLETE_VARIABLE), "current": {}, "skipUrlSync": False}


def _variable(variable: model.Variable) -> dict[str, Any]:
    built = core.Template(
        name=variable.name,
        label=variable.label,
        query={"query": variable.query, "refId": "StandardVariableQuery"},
        dataSource=_DATASOURCE,
        allValue=variable.all_value,
        includeAll=True,
        multi=True,
        refresh=2,  # when the time range changes
        sort=1,  # by name
        regex="",
    )
    return {
        **_without(_plain(built), _OBSOLETE_VARIABLE),
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "definition": variable.query,
        "description": variable.description,
        "skipUrlSync": False,
    }


def _annotation(annotation: model.Annotation) -> dict[str, Any]:
    return {
        "datasource": _DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": annotation.color,
        "name": annotation.name,
        "target": {"expr": annotation.expr, "interval": "1m", "refId": "Anno"},
        "titleFormat": annotation.title,
    }


def _without(made: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if name not in names}


def _plain(value: Any) -> Any:
    """Grafanalib's objects as plain lists and dictionaries, by its own encoder."""
    if hasattr(value, "to_json_data"):
        return _plain(DashboardEncoder().default(value))
    if isinstance(value, dict):
        return {
            key: _plain(item)
            for key, item in value.items()
            if item is not None or key in _NULL_SAYS_SOMETHING
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
