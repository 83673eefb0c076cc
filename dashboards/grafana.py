"""Dashboards as the JSON that Grafana 12 and 13 store. The only module that knows grafanalib.

grafanalib writes an old format: it has fields that current versions of Grafana do not know, and
lacks some that they expect. Fields to drop are in the `_OBSOLETE` lists; missing ones are added in
the function of each object.
"""

from typing import Any

from grafanalib import core
from grafanalib._gen import DashboardEncoder

from dashboards.model import Json, Link, Override, Panel, Query, data_links

Place = tuple[int, int, int, int]
"""A panel's place on the grid of 24 columns: x, y, width, height."""

SCHEMA_VERSION = 42
"""The classic format that Grafana 12.4 and 13 store (npm `@grafana/schema` 12.4 and 13.2)."""

PLUGIN_VERSION = "12.4.0"
"""The oldest Grafana that stores these panel options; later ones migrate them from here."""

DATASOURCE_VARIABLE = "datasource"
_DATASOURCE = {"type": "prometheus", "uid": f"${{{DATASOURCE_VARIABLE}}}"}
_OBSOLETE_DASHBOARD = ("__inputs", "hideControls", "rows", "sharedCrosshair", "style")
_OBSOLETE_VARIABLE = ("auto", "auto_count", "auto_min", "tagValuesQuery", "tagsQuery", "useTags")
_OBSOLETE_PANEL = ("editable", "error", "hideTimeOverride")
_OBSOLETE_TARGET = ("hide", "interval", "intervalFactor", "metric", "query", "step", "target")

_NULL_SAYS_SOMETHING = ("value", "to")
"""Keys that Grafana requires even if null: the lowest threshold, and an open range's end."""


def dashboard(
    *,
    time_from: str,
    variables: list[Json],
    annotations: list[Json],
    links: list[Link],
    **settings: Any,
) -> dict[str, Any]:
    """A dashboard; `settings` are further fields of grafanalib's."""
    built = core.Dashboard(
        editable=False,
        graphTooltip=1,  # a crosshair that all panels share
        schemaVersion=SCHEMA_VERSION,
        time=core.Time(time_from, "now"),
        templating=core.Templating(list=[_datasource_variable(), *variables]),
        annotations=core.Annotations(list=[_BUILT_IN, *annotations]),
        links=[_dashboard_link(link) for link in links],
        timezone="browser",
        **settings,
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


def row(number: int, title: str) -> Json:
    """The head of the dashboard's row, at its top."""
    place = {"x": 0, "y": 0, "w": 24, "h": 1}
    head = {"id": number, "type": "row", "title": title, "gridPos": place}
    return {**head, "collapsed": False, "panels": []}


def panel(panel: Panel, place: Place, interval: str) -> Json:
    """`panel` at its `place`; `interval` is the time between the samples of recorded series."""
    base = core.Panel(
        id=panel.id,
        title=panel.title,
        description=panel.description,
        dataSource=_DATASOURCE,
        gridPos=core.GridPos(**dict(zip("xywh", place, strict=True))),
        maxDataPoints=None,  # one point a pixel, Grafana's own default
        interval=None if panel.scraped else interval,
        targets=[_target(query, index) for index, query in enumerate(panel.queries)],
        thresholds=[{"value": step.value, "color": step.color} for step in panel.thresholds],
        transformations=list(panel.transformations),
    )
    links = data_links(*panel.links) if panel.links else {}
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


def _target(query: Query, index: int) -> Json:
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


def _override(override: Override) -> Json:
    properties = [{"id": key, "value": value} for key, value in override.properties.items()]
    return {"matcher": {"id": "byName", "options": override.name}, "properties": properties}


def _dashboard_link(link: Link) -> core.DashboardLink:
    icon = "bolt" if link.url.startswith("/alerting") else "doc"
    return core.DashboardLink(
        type="link", title=link.title, uri=link.url, icon=icon, targetBlank=True, keepTime=False
    )


def _datasource_variable() -> Json:
    built = core.Template(
        name=DATASOURCE_VARIABLE,
        label="Data source",
        type="datasource",
        query="prometheus",
        refresh=1,
        regex="",
    )
    return {**_without(_plain(built), _OBSOLETE_VARIABLE), "current": {}, "skipUrlSync": False}


def variable(name: str, query: str, *, description: str, all_value: str) -> Json:
    """A variable with the values of `query`; `all_value` is the pattern that All stands for."""
    built = core.Template(
        name=name,
        label=name.capitalize(),
        query={"query": query, "refId": "StandardVariableQuery"},
        dataSource=_DATASOURCE,
        allValue=all_value,
        includeAll=True,
        multi=True,
        refresh=2,  # when the time range changes
        sort=1,  # by name
        regex="",
    )
    return {
        **_without(_plain(built), _OBSOLETE_VARIABLE),
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "definition": query,
        "description": description,
        "skipUrlSync": False,
    }


def annotation(name: str, expr: str, *, color: str, title: str) -> Json:
    """Marks on every graph at the times at which `expr` has a value."""
    return {
        "datasource": _DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": color,
        "name": name,
        "target": {"expr": expr, "interval": "1m", "refId": "Anno"},
        "titleFormat": title,
    }


def _without(made: Json, names: tuple[str, ...]) -> Json:
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
