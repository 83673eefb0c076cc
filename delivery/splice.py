"""Put our row into an existing dashboard, and leave the rest of that dashboard unchanged.

The row is found by its title. Its panels have the ids of our dashboard plus an offset, which is the
same for all and chosen so that no id is taken. A panel in the row that has another id, or reads
other series, is the user's and stays in the row, below ours. Variables and annotations are matched
by name, links by title.
"""

import copy
import json
from itertools import chain, count
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from contract.document import Json
from contract.names import SERVICE
from delivery.grafana_json import Dashboard, Entry, Integer, entries, listed, merged
from delivery.grafana_versions import MARKS, OLD_SCHEMA, needed

OLDEST_SCHEMA = 36
"""From this version on data sources are objects, as in our panels."""

_OURS = ("compozy_llm_", SERVICE)
"""What our panels and variables read: series with such a name, or alerts with such a label."""

_CHOSEN = ("current", "hide", "options", "skipUrlSync")
"""Keys of a variable that people set: they are kept when our variable is updated."""


class SpliceError(Exception):
    """The row cannot be inserted; the message says why, and what to do."""


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


def splice(theirs: Json, ours: Json) -> Json:
    """`theirs` with the row of `ours` in it: added at the end, or updated where it is.

    Both are Grafana's JSON model; neither is modified. Raises SpliceError if `theirs` is not a
    classic dashboard, or has a variable of the same name as one of ours but of another kind.
    """
    _check(theirs)
    theirs, ours = copy.deepcopy(theirs), copy.deepcopy(ours)
    made = {**theirs, "panels": _panels(theirs["panels"], ours["panels"])}
    for part, key, renewed in (
        ("templating", "name", _variable),
        ("annotations", "name", _annotation),
        ("links", "title", lambda _, renewed: renewed),
    ):
        sides = entries(theirs, part), entries(ours, part)
        made |= listed(part, merged(*sides, key, renewed))
    return made


def _check(theirs: Any) -> None:
    for wrapped in ("dashboard", "spec"):
        if isinstance(theirs, dict) and isinstance(theirs.get(wrapped), dict):
            raise SpliceError(
                f"holds a dashboard below the key {wrapped!r}: save that part alone, or export the "
                "dashboard from Grafana as classic JSON"
            )
    try:
        _Dashboard.model_validate(theirs)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "top"
        raise SpliceError(
            f"is no classic dashboard of schemaVersion {OLDEST_SCHEMA} or later ({place}: "
            f"{first['msg']}): open and save it in today's Grafana, then export it as classic JSON"
        ) from None


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
    guests = [each for each in members if each.get("id") not in ids or not _reads_ours(each)]
    new = _moved(_numbered(ours, [*above, *below, *guests], shift), row["gridPos"]["y"])
    top = min((panel["gridPos"]["y"] for panel in guests), default=0)
    made = [*new, *_moved(guests, max(0, _bottom(new) - top))]
    if closed:
        made = [{**made[0], "collapsed": True, "panels": made[1:]}]
    # Panels below the row keep their distance to it.
    return [*above, *made, *_moved(below, _bottom(made) - _bottom(held))]


def _reads_ours(panel: Json) -> bool:
    return any(name in str(panel.get("targets")) for name in _OURS)


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


def _annotation(theirs: Json, ours: Json) -> Json:
    # Grafana's own entry is in every dashboard, and people may have changed it.
    return theirs if ours.get("builtIn") else ours


def _variable(theirs: Json, ours: Json) -> Json:
    """Ours with what people chose, or theirs if it reads nothing of ours."""
    if _kind(theirs) != _kind(ours):
        raise SpliceError(
            f"has a variable {theirs['name']!r} of the kind {_kind(theirs)}, and our panels need "
            f"one of the kind {_kind(ours)}: rename that one"
        )
    if not any(name in str(theirs.get("definition")) for name in _OURS):
        return theirs
    return {**ours, **{key: theirs[key] for key in _CHOSEN if key in theirs}}


def _kind(variable: Json) -> str:
    """A variable's kind: a data source of some plugin, ad hoc filters, or values of a label."""
    if variable.get("type") == "datasource":
        return f"datasource {variable.get('query')}"
    return "adhoc" if variable.get("type") == "adhoc" else "values"


def spliced_text(text: str, ours: Json) -> tuple[str, list[str]]:
    """The text of a dashboard's file with our row in it, and notes on what its Grafana cannot show.

    The text is returned unchanged if the row is up to date; keys keep their order and the file its
    indentation. Raises SpliceError as `splice` does, and if the text is not JSON.
    """
    try:
        theirs = json.loads(text)
    except ValueError as error:
        raise SpliceError(f"is no JSON: {error}") from None
    made = splice(theirs, ours)
    version = theirs["schemaVersion"]
    old = [f"of schemaVersion {version}, from before Grafana 12; {needed(MARKS)}"]
    notes = old if version < OLD_SCHEMA else []
    if made == theirs:
        return text, notes
    lines = text.splitlines()
    indent = len(lines[1]) - len(lines[1].lstrip()) if len(lines) > 1 else None
    end = "\n" if text.endswith("\n") else ""
    return json.dumps(made, indent=indent or None, ensure_ascii=False) + end, notes
