"""A dashboard, live and in Git: what differs, and what would be saved. Pure.

All that Git has is ours. What only the live one has, somebody put there: it is told, and kept.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sync.bare import bare
from sync.changes import Change, leaves, matched

Json = dict[str, Any]

_GRAFANAS = {"id", "uid", "version", "iteration", "gnetId", "schemaVersion"}
"""Set by Grafana when it saves, or when it lifts a dashboard to a later format."""
_APART = {"panels", "templating", "annotations", "links"}
_FILLED = {"query", "datasource", "interval"}
"""Kinds of variables whose options Grafana looks up."""


def compare(live: Json, git: Json) -> Iterator[Change]:
    """What differs, panel by panel, by its id."""
    dashboard = f"dashboard {git['uid']}"
    yield from _settings(live, git, dashboard)
    parts: tuple[tuple[str, Callable[[Json], list[Json]], Callable[[Json], object]], ...] = (
        ("panel", panels, lambda panel: panel.get("id")),
        ("variable", _variables, lambda each: each.get("name")),
        ("annotation", _annotations, lambda each: each.get("name")),
        ("link", lambda held: held.get("links") or [], lambda each: each.get("title")),
    )
    for kind, of, key in parts:
        found = matched(of(live), of(git), key)
        for one, other in found.pairs:
            for path, old, new in leaves(bare(_own(one)), bare(_own(other))):
                yield Change(f"{dashboard}, {kind} {_called(other)}", path, old, new)
        for each in found.only_git:
            yield Change(f"{dashboard}, {kind} {_called(each)}", "is not there", git=_short(each))
        for each in found.only_live:
            what = "is not in Git (kept: remove it in Grafana if nobody wants it)"
            yield Change(
                f"{dashboard}, {kind} {_called(each)}", what, live=_short(each), mendable=False
            )
        if kind != "panel" and not found.in_order:  # panels stand where gridPos says
            old, new = ("\n".join(_called(each) for each in of(side)) for side in (live, git))
            yield Change(dashboard, f"order of its {kind}s", old, new)


def panels(dashboard: Json) -> list[Json]:
    """All panels, also those in collapsed rows; of a row itself what is its own."""
    found = []
    for panel in dashboard.get("panels") or []:
        inner = panel.get("panels") or []
        found += [{key: each for key, each in panel.items() if key != "panels"}, *inner]
    return found


def merged(live: Json, git: Json) -> Json:
    """`git` as it is to be saved over `live`: with what only `live` has, and what people chose."""
    made = {key: each for key, each in git.items() if key not in {"id", "version"}}
    made["panels"] = [*git["panels"], *_guests(live, git)]
    chosen = {each.get("name"): each for each in _variables(live)}
    ours = [_with_choice(each, chosen.get(each.get("name"), {})) for each in _variables(git)]
    made["templating"] = {"list": [*ours, *_missing(_variables(live), ours, "name")]}
    marks = (git.get("annotations") or {}).get("list") or []
    every = (live.get("annotations") or {}).get("list") or []
    made["annotations"] = {"list": [*marks, *_missing(_annotations(live), marks, "name")]}
    links = git.get("links") or []
    made["links"] = [*links, *_missing(live.get("links") or [], links, "title")]
    if any(each.get("builtIn") for each in every):  # Grafana's own entry stays as people set it
        theirs = [each for each in every if each.get("builtIn")]
        rest = [each for each in made["annotations"]["list"] if not each.get("builtIn")]
        made["annotations"]["list"] = [*theirs, *rest]
    return made


def _settings(live: Json, git: Json, dashboard: str) -> Iterator[Change]:
    kept = _GRAFANAS | _APART
    one, other = ({k: v for k, v in side.items() if k not in kept} for side in (live, git))
    for path, old, new in leaves(bare(one), bare(other)):
        yield Change(dashboard, path, old, new)
    old, new = live.get("schemaVersion") or 0, git.get("schemaVersion") or 0
    if old < new:
        yield Change(dashboard, "schemaVersion", str(old), str(new))


def _variables(dashboard: Json) -> list[Json]:
    return (dashboard.get("templating") or {}).get("list") or []


def _annotations(dashboard: Json) -> list[Json]:
    """But for Grafana's own, which is in every dashboard and set as people like it."""
    held = (dashboard.get("annotations") or {}).get("list") or []
    return [each for each in held if not each.get("builtIn")]


def _own(part: Json) -> Json:
    """A part without what people choose while they look: a variable's value and its options."""
    filled = part.get("type") in _FILLED
    return {k: v for k, v in part.items() if k != "current" and not (k == "options" and filled)}


def _with_choice(ours: Json, live: Json) -> Json:
    chosen = {key: live[key] for key in ("current",) if key in live}
    if ours.get("type") in _FILLED and live.get("options"):
        chosen["options"] = live["options"]
    return {**ours, **chosen}


def _missing(live: list[Json], git: list[Json], key: str) -> list[Json]:
    names = {each.get(key) for each in git}
    return [each for each in live if each.get(key) not in names]


def _guests(live: Json, git: Json) -> Iterator[Json]:
    """Panels that only `live` has; a row of theirs with all panels in it that are not ours."""
    ours = {panel.get("id") for panel in panels(git)}
    for panel in live.get("panels") or []:
        inner = [each for each in panel.get("panels") or [] if each.get("id") not in ours]
        if panel.get("id") in ours:
            yield from inner
        else:
            yield {**panel, "panels": inner} if "panels" in panel else panel


def _called(part: Json) -> str:
    """How people know it: a panel by its id and title."""
    name = part.get("name") or part.get("title") or "(untitled)"
    return f'{part["id"]} "{name}"' if "gridPos" in part else f'"{name}"'


def _short(part: Json) -> Any:
    """Enough to know it by, not all of its JSON."""
    wanted = ("type", "title", "name", "description", "query", "url", "targets")
    found = {key: part[key] for key in wanted if part.get(key)}
    if "targets" in found:
        found["targets"] = [each.get("expr", each) for each in found["targets"]]
    return found
