"""A panel and its parts as frozen values; `dashboards.grafana` writes them as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


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


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A panel of the plugin `kind`. Its `id` never changes, because people link to it.

    A panel of recorded series queries no more points than were recorded; one of `scraped` series
    may query more.
    """

    id: int
    title: str
    description: str
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
