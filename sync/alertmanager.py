"""Compare a running Alertmanager's configuration with the checkout's, and reload it.

All routes and inhibit rules are compared, since an additional one may keep an alert from its
receiver. Receivers and time intervals are compared only if Git names them, and of a receiver only
its name and integrations: its settings are the user's and may be secret, so they are not shown.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import yaml

from sync.checkout import read
from sync.client import Client
from sync.comparison import Change, Part, Thing, differences, duration, order

Json = dict[str, Any]

ALERTMANAGER = PurePosixPath("cluster/alertmanager/alertmanager.yml")
MASKED = "<secret>"
"""What Alertmanager shows instead of a secret."""

_QUOTED = r'"(?:\\.|[^"\\])*"'
_MATCHER = re.compile(rf"({_QUOTED}|[^=!~\s,]+)\s*(=~|!~|!=|=)\s*({_QUOTED}|[^,]*)")
"""A name, an operator and a value, each of the two texts in quotes or without."""
_SETS = ("group_by", "mute_time_intervals", "active_time_intervals")
_ELSEWHERE = ("routes", "matchers", "match", "match_re")
"""Keys of a route that are compared in another form."""


def parts(client: Client, root: Path) -> Iterator[Part]:
    """Compare by the status API, which returns the configuration with its secrets masked.

    Raises LiveError or FileError.
    """
    live = client.get("/api/v2/status", _live)
    changes = list(compare(live, read(root, ALERTMANAGER, _with_route)))
    copying = "copy cluster/alertmanager/alertmanager.yml to where its --config.file points"
    advice = "does a proxy hold back POST /-/reload, and is ALERTMANAGER_URL its address?"
    yield Part(changes, partial(client.reloaded, copying, advice))


def _live(found: Json) -> Json:
    return _with_route(yaml.safe_load(found["config"]["original"]))


def _with_route(config: Json) -> Json:
    """`config` in one form. Raises KeyError or TypeError without a route, which all have."""
    config["route"]["receiver"]
    found: Json = _in_one_form(config)
    return found


def compare(live: Json, git: Json) -> Iterator[Change]:
    """The differences between `live` and `git`, both as parsed YAML."""
    yield from _globals(live.get("global") or {}, git.get("global") or {})
    yield from _routes(live["route"], git["route"], "route")
    yield from differences(_inhibition(live), _inhibition(git))
    named = {thing.name for thing in _intervals(git)}  # all others are the user's
    yield from differences((it for it in _intervals(live) if it.name in named), _intervals(git))
    yield from _receivers(live.get("receivers") or [], git.get("receivers") or [])
    theirs = live.get("templates") or []
    missing = [it for it in git.get("templates") or () if not any(_is_file(x, it) for x in theirs)]
    if missing:
        yield Change("templates", "are not there", git=missing)


def _globals(live: Json, git: Json) -> Iterator[Change]:
    for key, wanted in sorted(git.items()):
        found = live.get(key)
        same = _is_file(found, wanted) if key.endswith("_file") else found == wanted
        if found != MASKED and not same:
            yield Change("global", f"{key} differs (its value may be secret and is not shown)")


def _is_file(live: object, git: object) -> bool:
    """Whether both are the same path; Alertmanager shows relative ones with its file's folder."""
    return live == git or str(live).endswith(f"/{git}")


def _routes(live: Json, git: Json, name: str) -> Iterator[Change]:
    lives, gits = list(_tree(live, name)), list(_tree(git, name))
    yield from differences((thing for thing, _ in lives), (thing for thing, _ in gits))
    children = {thing.name: inner for thing, inner in lives}
    for thing, inner in gits:
        yield from order(thing.name, "routes", children.get(thing.name, []), inner)


def _tree(route: Json, name: str) -> Iterator[tuple[Thing, list[str]]]:
    """A route and all routes below it, each with the matchers of its children."""
    own = {key: each for key, each in route.items() if key not in _ELSEWHERE and each}
    sets = {key: sorted(own[key]) for key in _SETS if key in own}
    made = {**own, **sets, "matchers": _matchers(route, "")}
    below = route.get("routes") or []
    names = [", ".join(_matchers(each, "")) or "(all)" for each in below]
    yield Thing(name, made), names
    for matchers, each in zip(names, below, strict=True):
        yield from _tree(each, f"{name} > {matchers}")


def _matchers(held: Json, prefix: str) -> list[str]:
    """The matchers of a route (no prefix) or a side of an inhibit rule, in the current syntax."""
    found = [
        f'{_unquoted(name)}{sign}"{_unquoted(value)}"'
        for text in held.get(f"{prefix}matchers") or ()
        for name, sign, value in _MATCHER.findall(text.strip().removeprefix("{").removesuffix("}"))
    ]
    for key, sign in ((f"{prefix}match", "="), (f"{prefix}match_re", "=~")):
        found += [f'{name}{sign}"{value}"' for name, value in (held.get(key) or {}).items()]
    return sorted(found)


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text[1:-1]) if text.startswith('"') else text.strip()


def _inhibition(config: Json) -> Iterator[Thing]:
    for rule in config.get("inhibit_rules") or ():
        sides: Json = {side: _matchers(rule, f"{side}_") for side in ("source", "target")}
        sides["equal"] = sorted(rule.get("equal") or [])
        name = f"inhibit rule on {', '.join(sides['target']) or '(all)'}"
        yield Thing(name, sides, key=str(sides))


def _intervals(config: Json) -> Iterator[Thing]:
    for key in ("time_intervals", "mute_time_intervals"):
        for each in config.get(key) or ():
            # Alertmanager shows the names of days and months in small letters.
            times = json.loads(json.dumps(each.get("time_intervals") or []).lower())
            yield Thing(f"time interval {each['name']}", times)


def _in_one_form(value: Any) -> Any:
    """`value` with durations in one form, and without empty keys."""
    if isinstance(value, dict):
        return {key: _in_one_form(it) for key, it in value.items() if it not in (None, [], {})}
    if isinstance(value, list):
        return [_in_one_form(each) for each in value]
    try:
        return duration(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _receivers(live: list[Json], git: list[Json]) -> Iterator[Change]:
    lives = {receiver["name"]: receiver for receiver in live}
    for receiver in git:
        thing, wanted = f"receiver {receiver['name']}", _kinds(receiver)
        if receiver["name"] not in lives:
            yield Change(thing, "is not there", git=wanted)
            continue
        found = _kinds(lives[receiver["name"]])
        if wanted and not found:
            yield Change(thing, "tells nobody: it has no integration", git=wanted)
        elif found != wanted and not _is_placeholder(receiver):
            yield Change(thing, "kinds", found, wanted)


def _kinds(receiver: Json) -> list[str]:
    """The kinds of a receiver's integrations, one entry for each, so that a second Slack shows."""
    found = ([kind] * len(each) for kind, each in receiver.items() if kind.endswith("_configs"))
    return sorted(kind for kinds in found for kind in kinds)


def _is_placeholder(receiver: Json) -> bool:
    """Whether Git has only webhooks on localhost, which users replace with their receivers."""
    if set(_kinds(receiver)) != {"webhook_configs"}:
        return False
    hooks = [urlsplit(str(hook.get("url", ""))) for hook in receiver["webhook_configs"]]
    return all(hook.hostname in {"localhost", "127.0.0.1"} for hook in hooks)
