"""The house style over grafanalib: panels that read as sentences, in today's Grafana format.

The only module that knows grafanalib. It writes an old format with fields that today's Grafana
does not know and without some that it expects; `model` closes that gap by name.
"""

from dataclasses import dataclass
from typing import Any

from grafanalib import core
from grafanalib._gen import DashboardEncoder

SCHEMA_VERSION = 42
"""The classic format that Grafana 12.4 and 13 store (npm `@grafana/schema` 12.4 and 13.2)."""

PERCENT = "percent"
MILLISECONDS = "ms"
WIDTH = 24
"""Columns of Grafana's grid."""

_DATASOURCE_VARIABLE = "datasource"
_DATASOURCE = {"type": "prometheus", "uid": f"${{{_DATASOURCE_VARIABLE}}}"}
_OBSOLETE_DASHBOARD = ("__inputs", "hideControls", "rows", "sharedCrosshair", "style")
_OBSOLETE_VARIABLE = ("auto", "auto_count", "auto_min", "tagValuesQuery", "tagsQuery", "useTags")
_NOT_OF_A_ROW = ("fieldConfig", "links", "maxDataPoints", "targets", "transformations")
_OBSOLETE_TARGET = ("interval", "intervalFactor", "metric", "query", "step", "target")


@dataclass(frozen=True)
class Query:
    """A PromQL expression and the text of its legend."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Threshold:
    """A colour from `value` upwards; None is the lowest step."""

    value: float | None
    color: str


def time_series(
    *,
    title: str,
    description: str,
    unit: str,
    queries: list[Query],
    thresholds: list[Threshold],
    position: tuple[int, int, int, int],
    maximum: float | None = None,
) -> core.TimeSeries:
    """A graph. `position` is (x, y, width, height) in grid units, y counted from the row."""
    x, y, width, height = position
    defaults: dict[str, Any] = {"min": 0} | ({} if maximum is None else {"max": maximum})
    return core.TimeSeries(
        title=title,
        description=description,
        dataSource=_DATASOURCE,
        targets=[
            core.Target(
                expr=query.expr,
                legendFormat=query.legend,
                refId=chr(ord("A") + index),
                datasource=_DATASOURCE,
            )
            for index, query in enumerate(queries)
        ],
        unit=unit,
        gridPos=core.GridPos(x=x, y=y, w=width, h=height),
        maxDataPoints=None,  # one point a pixel, Grafana's own default
        legendDisplayMode="table",
        legendPlacement="bottom",
        legendCalcs=["lastNotNull", "min", "max"],
        tooltipMode="multi",
        showPoints="never",
        fillOpacity=10,
        thresholdType="absolute",
        thresholds=[{"value": step.value, "color": step.color} for step in thresholds],
        thresholdsStyleMode="line",
        extraJson={"fieldConfig": {"defaults": defaults}, "options": {"legend": _SHOWN}},
    )


def row(title: str, y: int) -> core.RowPanel:
    """The head of a row; the panels below it stand in it."""
    return core.RowPanel(title=title, gridPos=core.GridPos(x=0, y=y, w=WIDTH, h=1))


def dashboard(
    *,
    uid: str,
    title: str,
    description: str,
    tags: list[str],
    refresh: str,
    time_from: str,
    panels: list[core.Panel | core.RowPanel],
) -> dict[str, Any]:
    """The dashboard as Grafana's JSON model, with ids counted from 1 in the order of `panels`."""
    return _model(
        core.Dashboard(
            uid=uid,
            title=title,
            description=description,
            tags=tags,
            editable=False,
            schemaVersion=SCHEMA_VERSION,
            refresh=refresh,
            time=core.Time(time_from, "now"),
            templating=core.Templating(list=[_DATASOURCE_TEMPLATE]),
            panels=panels,
            timezone="browser",
        ).auto_panel_ids()
    )


_SHOWN = {"showLegend": True}
_DATASOURCE_TEMPLATE = core.Template(
    name=_DATASOURCE_VARIABLE,
    label="Data source",
    type="datasource",
    query="prometheus",
    refresh=1,
)


def _model(built: core.Dashboard) -> dict[str, Any]:
    """What Grafana 12 and 13 store: grafanalib's JSON less what they do not know, plus the rest."""
    model: dict[str, Any] = _plain(built)
    _drop(model, _OBSOLETE_DASHBOARD)
    model["graphTooltip"] = 1  # a shared crosshair: one moment across all panels
    for variable in model["templating"]["list"]:
        _drop(variable, _OBSOLETE_VARIABLE)
    for panel in model["panels"]:
        if panel["type"] == "row":
            _drop(panel, _NOT_OF_A_ROW)
        for target in panel.get("targets", ()):
            _drop(target, _OBSOLETE_TARGET)
            target |= {"editorMode": "code", "range": True, "instant": False}
    return model


def _drop(model: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        model.pop(name, None)


def _plain(value: Any) -> Any:
    """Grafanalib's objects as plain lists and dictionaries, by its own encoder."""
    if hasattr(value, "to_json_data"):
        return _plain(DashboardEncoder().default(value))
    if isinstance(value, dict):
        # A null says nothing to Grafana, but for the value of the lowest threshold step.
        return {
            key: _plain(item) for key, item in value.items() if item is not None or key == "value"
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
