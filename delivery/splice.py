"""Put our row into an existing dashboard, and leave the rest of that dashboard unchanged.

The row is found by its title. Its panels have the ids of our dashboard plus an offset, which is the
same for all and chosen so that no id is taken. A panel in the row that has another id, or reads
other series, is the user's and stays in the row, below ours. Variables and annotations are matched
by name, links by title.
"""

import json
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from contract.document import Json
from contract.file import ConfigError
from contract.names import SERVICE
from contract.validation import validated
from delivery.grafana_json import Dashboard, Entry, Integer, merged
from delivery.grafana_versions import MARKS, OLD_SCHEMA, needed

OLDEST_SCHEMA = 36
"""From this version on data sources are objects, as in our panels."""

_ADVICE = (
    f"it must be a classic dashboard of schemaVersion {OLDEST_SCHEMA} or later: open and save it "
    "in today's Grafana, then export it as classic JSON; if that is below a key such as dashboard "
    "or spec, save that part alone"
)

_OURS = ("compozy_llm_", SERVICE)
"""What our panels and variables read: series with such a name, or alerts with such a label."""

_CHOSEN = ("current", "hide", "options", "skipUrlSync")
"""Keys of a variable that people set: they are kept when our variable is updated."""


class _Place(BaseModel):
    x: Integer
    y: Integer
    w: Integer
    h: Integer


class _Panel(Entry):
    id: Integer | None = None
    gridPos: _Place  # noqa: N815  # Grafana's name
    panels: tuple["_Panel", ...] = ()


class _Dashboard(Dashboard):
    schemaVersion: Annotated[Integer, Field(ge=OLDEST_SCHEMA)]  # noqa: N815  # Grafana's name
    panels: tuple[_Panel, ...]


def splice(theirs: Json, ours: Json, source: Path | str = "the dashboard") -> Json:
    """`theirs`, which is from `source`, with the row of `ours`: added at the end, or updated.

    Both are Grafana's JSON model; neither is modified. Raises ConfigError if `theirs` is not a
    classic dashboard, or has a variable of the same name as one of ours but of another kind.
    """
    try:
        validated(_Dashboard.model_validate, theirs, source)
    except ConfigError as error:
        raise ConfigError(f"{error}\n{_ADVICE}") from None
    panels = _panels(theirs["panels"], ours["panels"])
    return {**theirs, "panels": panels, **merged(theirs, ours, partial(_renewed, source))}


def _panels(theirs: list[Json], ours: list[Json]) -> list[Json]:
    """All panels of `theirs`, as they are placed, with ours where the row was, or at the end."""
    theirs = sorted(theirs, key=lambda panel: (panel["gridPos"]["y"], panel["gridPos"]["x"]))
    rows = [index for index, panel in enumerate(theirs) if panel.get("type") == "row"]
    start = next((at for at in rows if theirs[at].get("title") == ours[0]["title"]), None)
    if start is None:
        return [*theirs, *_moved(_numbered(ours, theirs, 0), _bottom(theirs))]
    row = theirs[start]
    closed = bool(row.get("collapsed"))
    end = start + 1 if closed else next((at for at in rows if at > start), len(theirs))
    above, held, below = theirs[:start], theirs[start:end], theirs[end:]
    members = row.get("panels") or [] if closed else held[1:]
    shift = int(row.get("id") or ours[0]["id"]) - int(ours[0]["id"])
    ids = {panel["id"] + shift for panel in ours}
    guests = [it for it in members if it.get("id") not in ids or not _reads_ours(it, "targets")]
    new = _moved(_numbered(ours, [*above, *below, *guests], shift), row["gridPos"]["y"])
    top = min((panel["gridPos"]["y"] for panel in guests), default=0)
    made = [*new, *_moved(guests, max(0, _bottom(new) - top))]
    if closed:
        made = [{**made[0], "collapsed": True, "panels": made[1:]}]
    # Panels below the row keep their distance to it.
    return [*above, *made, *_moved(below, _bottom(made) - _bottom(held))]


def _reads_ours(entry: Json, key: str) -> bool:
    return any(name in str(entry.get(key)) for name in _OURS)


def _bottom(panels: list[Json]) -> int:
    """The first free line of the grid below `panels`."""
    return max((panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels), default=0)


def _moved(panels: list[Json], lines: int) -> list[Json]:
    return [
        {**panel, "gridPos": {**panel["gridPos"], "y": panel["gridPos"]["y"] + lines}}
        for panel in panels
    ]


def _numbered(ours: list[Json], others: list[Json], shift: int) -> list[Json]:
    """`ours` with their ids plus `shift`, or plus the first number for which all ids are free."""
    nested = (panel for each in others for panel in each.get("panels") or ())
    taken = {panel.get("id") for panel in (*others, *nested)}
    ids = [panel["id"] for panel in ours]
    free = next(n for n in chain([shift], count()) if not taken & {number + n for number in ids})
    return [{**panel, "id": panel["id"] + free} for panel in ours]


def _renewed(source: Path | str, part: str, theirs: Json, ours: Json) -> Json:
    """What stands in place of an entry of theirs that has the name of one of ours.

    A variable is ours with what people chose, or theirs if it reads nothing of ours.
    """
    if part != "templating":
        # Grafana's own annotation is in every dashboard, and people may have changed it.
        return theirs if ours.get("builtIn") else ours
    if _kind(theirs) != _kind(ours):
        raise ConfigError(
            f"{source}: has a variable {theirs['name']!r} of the kind {_kind(theirs)}, and our "
            f"panels need one of the kind {_kind(ours)}: rename that one"
        )
    if not _reads_ours(theirs, "definition"):
        return theirs
    return {**ours, **{key: theirs[key] for key in _CHOSEN if key in theirs}}


def _kind(variable: Json) -> str:
    """A variable's kind: a data source of some plugin, ad hoc filters, or values of a label."""
    if variable.get("type") == "datasource":
        return f"datasource {variable.get('query')}"
    return "adhoc" if variable.get("type") == "adhoc" else "values"


def note_on(dashboard: Json) -> str:
    """What the Grafana that saved a dashboard is known not to show of our row; empty if nothing."""
    version = dashboard["schemaVersion"]
    if version >= OLD_SCHEMA:
        return ""
    return f"of schemaVersion {version}, from before Grafana 12; {needed(MARKS)}"


def formatted_like(text: str, dashboard: Json) -> str:
    """The dashboard as JSON with the indentation, and the last newline or none, of `text`."""
    lines = text.splitlines()
    indent = len(lines[1]) - len(lines[1].lstrip()) if len(lines) > 1 else None
    end = "\n" if text.endswith("\n") else ""
    return json.dumps(dashboard, indent=indent or None, ensure_ascii=False) + end
