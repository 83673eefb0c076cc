"""The parts of a dashboard as frozen values; `dashboards.grafana` writes them as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """A panel's place on Grafana's grid of 24 columns; `y` counts from the row's head."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Query:
    """A PromQL expression and the text of its legend.

    An instant query is evaluated once, at the end of the time range; others at each step of it.
    """

    expr: str
    legend: str = ""
    instant: bool = False
    format: str = "time_series"


@dataclass(frozen=True)
class Threshold:
    """A colour from `value` upwards; None is the lowest step."""

    value: float | None
    color: str


@dataclass(frozen=True)
class Link:
    """A link with Grafana's variables in `url`; one that starts with / stays on this Grafana."""

    title: str
    url: str


@dataclass(frozen=True)
class Override:
    """Field properties for the series or column whose name is `name`."""

    name: str
    properties: Json


def data_links(*links: Link) -> Json:
    """The field property that offers `links` on a click on a value."""
    return {
        "links": [{"title": each.title, "url": each.url, "targetBlank": True} for each in links]
    }


@dataclass(frozen=True)
class Head:
    """What every panel has. Its `id` never changes, because people link to it."""

    id: int
    title: str
    description: str


@dataclass(frozen=True)
class Panel:
    """A panel of the plugin `kind`.

    A panel of recorded series queries no more points than were recorded; one of `scraped` series
    may query more.
    """

    head: Head
    kind: str
    queries: tuple[Query, ...]
    unit: str
    options: Json
    thresholds: tuple[Threshold, ...] = (Threshold(None, "green"),)
    defaults: Json = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    overrides: tuple[Override, ...] = ()
    transformations: tuple[Json, ...] = ()
    scraped: bool = False


@dataclass(frozen=True)
class Row:
    """A row's head, and the panels in it with their places."""

    id: int
    title: str
    panels: tuple[tuple[Panel, Place], ...]


@dataclass(frozen=True)
class Variable:
    """A variable at the top of the dashboard, with the values of `query`.

    `all_value` is the regular expression that the choice All stands for.
    """

    name: str
    label: str
    description: str
    query: str
    all_value: str


@dataclass(frozen=True)
class Annotation:
    """Marks on every graph at the times at which `expr` has a value."""

    name: str
    expr: str
    color: str
    title: str


@dataclass(frozen=True)
class Dashboard:
    """A whole dashboard, its rows from top to bottom."""

    uid: str
    title: str
    description: str
    tags: tuple[str, ...]
    refresh: str
    time_from: str
    interval: str  # between the samples of recorded series
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    links: tuple[Link, ...] = ()
