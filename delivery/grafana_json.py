"""The form of a dashboard in Grafana's JSON, as far as it is read here.

Dashboards are changed and compared as JSON, with all that people put there. These models only check
that a dashboard has the form that this needs.
"""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field, Strict

from contract.document import Document, Json

Integer = Annotated[int, Strict()]
NAMED = {"templating": "name", "annotations": "name", "links": "title"}
"""The lists of a dashboard whose entries are identified by a name, and the key of that."""


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


def merged(first: Json, second: Json, renewed: Callable[[str, Json, Json], Json]) -> Json:
    """The variables, annotations and links of `first`, each followed by those only of `second`.

    Grafana's own annotation of `second` is not among them. In place of two entries with the same
    name is what `renewed` makes of the key of their list in NAMED, that of `first`, and the other.
    """
    made: Json = {}
    for part, key in NAMED.items():
        ours, others = entries(first, part), entries(second, part)
        found = {each.get(key): each for each in others}
        names = {each.get(key) for each in ours}
        both = [
            renewed(part, each, found[each.get(key)]) if each.get(key) in found else each
            for each in ours
        ]
        both += [each for each in others if each.get(key) not in names and not each.get("builtIn")]
        made[part] = both if part == "links" else {**(first.get(part) or {}), "list": both}
    return made
