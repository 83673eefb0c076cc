"""The form of a dashboard in Grafana's JSON, as far as it is read here.

Dashboards are changed and compared as JSON, with all that people put there: these models say only
which dashboards that can be done with.
"""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field, Strict

from contract.document import Document, Json

Integer = Annotated[int, Strict()]
Renewed = Callable[[Json, Json], Json]
"""What becomes of an entry of one dashboard, and that of the same name in the other."""


class Entry(Document):
    """A panel, a variable, an annotation or a link."""

    id: Integer | str | None = None
    name: str = ""
    title: str = ""
    type: str = ""
    panels: tuple["Entry", ...] = ()


class Entries(Document):
    """A list that Grafana keeps below a key of its own."""

    entries: tuple[Entry, ...] = Field(default=(), alias="list")


class Dashboard(Document):
    """A classic dashboard."""

    schemaVersion: Integer = 0  # noqa: N815  # Grafana's name
    panels: tuple[Entry, ...] = ()
    templating: Entries = Entries()
    annotations: Entries = Entries()
    links: tuple[Entry, ...] = ()


def entries(dashboard: Json, part: str) -> list[Json]:
    """The panels, variables (`templating`), annotations or links of a dashboard."""
    held = dashboard.get(part) or []
    found: list[Json] = held.get("list") or [] if isinstance(held, dict) else held
    return found


def listed(dashboard: Json, part: str, found: list[Json]) -> Json:
    """The key `part` of a dashboard with other entries: the inverse of `entries`."""
    if part in {"templating", "annotations"}:
        return {part: {**(dashboard.get(part) or {}), "list": found}}
    return {part: found}


def merged(first: list[Json], second: list[Json], key: str, renewed: Renewed) -> list[Json]:
    """All of `first` and, after them, what only `second` has, except Grafana's own annotation.

    In place of two entries with the same `key` is what `renewed` makes of them.
    """
    found = {each.get(key): each for each in second}
    names = {each.get(key) for each in first}
    made = [
        renewed(each, found[each.get(key)]) if each.get(key) in found else each for each in first
    ]
    others = [each for each in second if each.get(key) not in names and not each.get("builtIn")]
    return [*made, *others]
