"""Put our row into a dashboard that people already have, and leave the rest of it as it is.

The row is known again by its title, its panels by their ids, which are as far from the row's as in
ours, variables and annotations by name, links by title. What people added to the row stays below.
"""

import copy
import json
import re
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from contract.names import SERVICE
from delivery.grafana_versions import MARKS, OLD_SCHEMA, needed

Json = dict[str, Any]

OLDEST_SCHEMA = 36
"""From this version on data sources are objects, as in our panels."""

_OURS = ("compozy_llm_", SERVICE)
"""What our panels and variables read: series with such a name, or alerts with such a label."""

_WINDOW = re.compile(r"\b\d+(ms|[smhdwy])\b")

_CHOSEN = ("current", "hide", "options", "skipUrlSync")
"""Parts of a variable that people set: they stay when the rest of ours is renewed."""


class SpliceError(Exception):
    """The row cannot be put in; the message says why, and what to do."""


def splice(theirs: Json, ours: Json) -> Json:
    """`theirs` with the row of `ours` in it: put in at the end, or renewed where it is.

    Both are Grafana's JSON model; neither is changed. Raises SpliceError where `theirs` is no
    dashboard that has such rows, or uses one of our variables' names for another kind.
    """
    _check(theirs)
    theirs, ours = copy.deepcopy(theirs), copy.deepcopy(ours)
    made = {**theirs, "panels": _panels(theirs["panels"], ours["panels"])}
    # Grafana's own annotation is in every dashboard, and people may have set it otherwise.
    marks = [each for each in ours["annotations"]["list"] if not each.get("builtIn")]
    ours = {**ours, "annotations": {"list": marks}}
    for part, merge in (("templating", _variables), ("annotations", _merged)):
        held = theirs.get(part) or {}
        made[part] = {**held, "list": merge(held.get("list") or [], ours[part]["list"])}
    made["links"] = _merged(theirs.get("links") or [], ours["links"], "title")
    return made


def _check(theirs: Any) -> None:
    """Raise SpliceError unless `theirs` is a dashboard in the classic format with rows."""
    if not isinstance(theirs, dict):
        raise SpliceError("is no dashboard: its JSON is no object")
    for wrapped in ("dashboard", "spec"):
        if isinstance(theirs.get(wrapped), dict):
            raise SpliceError(
                f"holds a dashboard below the key {wrapped!r}: save that part alone, or export the "
                "dashboard from Grafana as classic JSON"
            )
    panels = theirs.get("panels")
    if not isinstance(panels, list) or not all(isinstance(panel, dict) for panel in panels):
        raise SpliceError("is no dashboard in Grafana's classic format: it has no list `panels`")
    version = theirs.get("schemaVersion")
    if not isinstance(version, int) or version < OLDEST_SCHEMA:
        raise SpliceError(
            f"has the schemaVersion {version}, and {OLDEST_SCHEMA} or later is needed: open and "
            "save it in today's Grafana, then export it again"
        )
    for panel in panels + [each for row in panels for each in row.get("panels") or ()]:
        place = panel.get("gridPos")
        if not isinstance(place, dict) or not all(isinstance(place.get(k), int) for k in "xywh"):
            raise SpliceError(
                f"has a panel without a whole gridPos: {panel.get('title') or panel.get('id')!r}: "
                "open and save it in Grafana, then export it again"
            )


def _panels(theirs: list[Json], ours: list[Json]) -> list[Json]:
    """All panels of `theirs`, in their order, with ours where the row was, or at the end."""
    head = ("row", ours[0]["title"])
    row = next((each for each in theirs if (each.get("type"), each.get("title")) == head), None)
    if row is None:
        return [*theirs, *_moved(_numbered(ours, {}, theirs), _bottom(theirs))]
    if row.get("collapsed"):
        new, guests = _renewed(row, row.get("panels") or [], theirs, ours)
        closed = {**new[0], "collapsed": True, "panels": [*new[1:], *guests]}
        return [closed if panel is row else panel for panel in theirs]
    members = _below(row, theirs)
    new, guests = _renewed(row, members, theirs, ours)
    edge = _bottom([row, *members])
    shift = _bottom([*new, *guests]) - edge  # what is below our row keeps its distance to it
    result: list[Json] = []
    for panel in theirs:
        if panel is row:
            result += [*new, *guests]
        elif not _in(panel, members):
            result += _moved([panel], shift if panel["gridPos"]["y"] >= edge else 0)
    return result


def _renewed(
    row: Json, members: list[Json], theirs: list[Json], ours: list[Json]
) -> tuple[list[Json], list[Json]]:
    """Our panels at the place of `row`, and those of its `members` that are not ours, below."""
    known = _known(row, members, ours)
    guests = [panel for panel in members if not _in(panel, known.values())]
    others = [panel for panel in theirs if panel is not row and not _in(panel, members)]
    new = _moved(_numbered(ours, known, [*others, *guests]), row["gridPos"]["y"])
    top = min((panel["gridPos"]["y"] for panel in guests), default=0)
    return new, _moved(guests, max(0, _bottom(new) - top))


def _known(row: Json, members: list[Json], ours: list[Json]) -> dict[int, Json]:
    """Those of `row` and its `members` that are ours, by their ids in `ours`.

    A panel whose id was taken has another one: there the title tells, but for the windows in it.
    """
    head, *panels = ours
    shift = _shift(row, head)
    known = {head["id"]: row}
    for by_id in (True, False):
        for panel in panels:
            for each in members:
                same_id = each.get("id") == panel["id"] + shift and _reads_ours(each.get("targets"))
                same = same_id if by_id else _title(each) == _title(panel)
                if same and panel["id"] not in known and not _in(each, known.values()):
                    known[panel["id"]] = each
    return known


def _shift(row: Json, ours: Json) -> int:
    """How far the ids of our panels in their file are from those in ours."""
    return int(row.get("id") or ours["id"]) - int(ours["id"])


def _title(panel: Json) -> str:
    return _WINDOW.sub("", panel.get("title") or "")


def _reads_ours(queries: Any) -> bool:
    return any(ours in str(queries) for ours in _OURS)


def _in(panel: Json, panels: Iterable[Json]) -> bool:
    return any(panel is each for each in panels)


def _below(row: Json, panels: list[Json]) -> list[Json]:
    """The panels that stand in the open `row`: those down to the next row."""
    placed = sorted(panels, key=lambda panel: (panel["gridPos"]["y"], panel["gridPos"]["x"]))
    after = placed[next(i for i, panel in enumerate(placed) if panel is row) + 1 :]
    end = next((i for i, panel in enumerate(after) if panel.get("type") == "row"), len(after))
    return after[:end]


def _bottom(panels: Iterable[Json]) -> int:
    """The first free line of the grid below `panels`."""
    return max((panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels), default=0)


def _moved(panels: Iterable[Json], lines: int) -> list[Json]:
    return [
        {**panel, "gridPos": {**panel["gridPos"], "y": panel["gridPos"]["y"] + lines}}
        for panel in panels
    ]


def _numbered(ours: list[Json], known: Mapping[int, Json], others: list[Json]) -> list[Json]:
    """`ours` with the ids that they have in the file, else as far from the row's as in ours.

    Only an id that somebody else has in the meantime is another.
    """
    nested = (panel for each in others for panel in each.get("panels") or ())
    taken = {panel.get("id") for panel in (*others, *nested)}
    taken |= {panel.get("id") for panel in known.values()}
    head = ours[0]
    if head["id"] in known:
        shift = _shift(known[head["id"]], head)
    else:
        shift = next(n for n in count() if not taken & {panel["id"] + n for panel in ours})
    numbered = []
    for panel in ours:
        number = known.get(panel["id"], {}).get("id")
        if number is None:
            number = next(n for n in count(panel["id"] + shift) if n not in taken)
        taken.add(number)
        numbered.append({**panel, "id": number})
    return numbered


def _variables(theirs: list[Json], ours: list[Json]) -> list[Json]:
    """Theirs as they are, ours among them renewed but for what people chose, then new ones."""
    wanted = {variable["name"]: variable for variable in ours}
    merged = []
    for variable in theirs:
        new = wanted.pop(variable.get("name", ""), None)
        if new is not None and _kind(new) != _kind(variable):
            raise SpliceError(
                f"has a variable {variable['name']!r} that is {' of '.join(_kind(variable))}, and "
                f"our panels need one that is {' of '.join(_kind(new))}: rename that one"
            )
        if new is not None and _reads_ours(variable.get("definition")):
            chosen = {key: variable[key] for key in _CHOSEN if key in variable}
            merged.append({**new, **chosen})
        else:
            merged.append(variable)
    return [*merged, *wanted.values()]


def _kind(variable: Json) -> tuple[str, ...]:
    """A variable's type, and of a data source its plugin; all that have values are alike."""
    if variable.get("type") == "datasource":
        return ("datasource", str(variable.get("query")))
    return ("adhoc",) if variable.get("type") == "adhoc" else ("a value",)


def _merged(theirs: list[Json], ours: list[Json], key: str = "name") -> list[Json]:
    """`theirs` with each of `ours` in the place of the one of the same `key`, else at the end."""
    wanted = {each[key]: each for each in ours}
    kept = [wanted.pop(each.get(key, ""), each) for each in theirs]
    return [*kept, *wanted.values()]


def spliced_text(text: str, ours: Json) -> tuple[str, list[str]]:
    """The text of a dashboard's file with our row in it, and what its Grafana will not show.

    The text is the same where nothing changes; keys keep their order and the file its indent.
    Raises SpliceError, also where the text is no JSON.
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
