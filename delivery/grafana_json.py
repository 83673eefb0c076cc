"""The form of a dashboard in Grafana's JSON, as far as it is read here.

Dashboards are changed and compared as JSON, with all that people put there: these models say only
which dashboards that can be done with.
"""

from typing import Annotated

from pydantic import Field, Strict

from contract.document import Document

Integer = Annotated[int, Strict()]


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
