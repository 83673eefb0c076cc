"""Alertmanager's configuration, live and in Git: what differs. Pure.

The route tree and the inhibition are wholly ours: a route or a rule more may take an alert away.
Of receivers and time intervals those that Git names are ours, and of a receiver its name and its
kinds: what is in it is the user's, and may be secret, so it is neither compared nor shown.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from sync.changes import Change, leaves, matched
from sync.durations import canonical, seconds

Json = dict[str, Any]

MASKED = "<secret>"
"""What Alertmanager shows in the place of a secret."""

_MATCHER = re.compile(r'\s*("(?:\\.|[^"\\])*"|[^=!~\s]+)\s*(=~|!~|!=|=)\s*(.*?)\s*', re.DOTALL)
_BETWEEN = re.compile(r',(?=(?:[^"\\]|\\.|"(?:\\.|[^"\\])*")*$)')  # a comma that is in no quotes
_TIMES = ("group_wait", "group_interval", "repeat_interval")
_SETS = ("group_by", "mute_time_intervals", "active_time_intervals")


def compare(live: Json, git: Json) -> list[Change]:
    """What of `git` differs in `live`, both as parsed YAML."""
    return [
        *_globals(live.get("global") or {}, git.get("global") or {}),
        *_routes(live["route"], git["route"], "route"),
        *_inhibition(live.get("inhibit_rules") or [], git.get("inhibit_rules") or []),
        *_intervals(live, git),
        *_receivers(live.get("receivers") or [], git.get("receivers") or []),
        *_templates(live.get("templates") or [], git.get("templates") or []),
    ]


def _globals(live: Json, git: Json) -> Iterator[Change]:
    for key, wanted in sorted(git.items()):
        found = live.get(key)
        same = _is_file(found, wanted) if key.endswith("_file") else _plain(found) == _plain(wanted)
        if found != MASKED and not same:
            yield Change("global", f"{key} differs (its value may be secret and is not shown)")


def _is_file(live: object, git: object) -> bool:
    """Whether they are one path: Alertmanager shows a relative one below its file's folder."""
    return live == git or str(live).endswith(f"/{git}")


def _routes(live: Json, git: Json, thing: str) -> Iterator[Change]:
    one, other = _route(live), _route(git)
    for path, old, new in leaves(one, other):
        yield Change(thing, path, old, new)
    found = matched(live.get("routes") or [], git.get("routes") or [], _name)
    for old, new in found.pairs:
        yield from _routes(old, new, f"{thing} > {_name(new)}")
    for route in found.only_git:
        yield Change(f"{thing} > {_name(route)}", "is not there", git=_route(route))
    for route in found.only_live:
        yield Change(f"{thing} > {_name(route)}", "is not in Git", live=_route(route))
    if not found.in_order:
        ours, theirs = (
            "\n".join(_name(route) for route in side.get("routes") or ()) for side in (git, live)
        )
        yield Change(thing, "order of its routes", theirs, ours)


def _route(route: Json) -> Json:
    """A route without its children, in one form."""
    made: Json = {"receiver": route.get("receiver"), "matchers": _matchers(route, "")}
    made |= {key: canonical(str(route[key])) for key in _TIMES if key in route}
    made |= {key: sorted(route[key]) for key in _SETS if route.get(key)}
    return made | ({"continue": True} if route.get("continue") else {})


def _name(route: Json) -> str:
    return ", ".join(_matchers(route, "")) or "(all)"


def _matchers(held: Json, prefix: str) -> list[str]:
    """The matchers of a route (no prefix) or a side of an inhibit rule, old forms as new ones."""
    found = [
        _matcher(part)
        for text in held.get(f"{prefix}matchers") or ()
        for part in _BETWEEN.split(text.strip().removeprefix("{").removesuffix("}"))
        if part.strip()
    ]
    found += [
        _written(name, "=", value) for name, value in (held.get(f"{prefix}match") or {}).items()
    ]
    patterns = held.get(f"{prefix}match_re") or {}
    return sorted([*found, *(_written(name, "=~", value) for name, value in patterns.items())])


def _matcher(text: str) -> str:
    parts = _MATCHER.fullmatch(text)
    if parts is None:
        return text.strip()
    return _written(_unquoted(parts[1]), parts[2], _unquoted(parts[3]))


def _written(name: str, sign: str, value: object) -> str:
    return f'{name}{sign}"{value}"'


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return text


def _inhibition(live: list[Json], git: list[Json]) -> Iterator[Change]:
    lives, gits = [_inhibit(rule) for rule in live], [_inhibit(rule) for rule in git]
    found = matched(lives, gits, str)
    for rule in found.only_git:
        yield Change(f"inhibit rule on {_target(rule)}", "is not there", git=rule)
    for rule in found.only_live:
        yield Change(f"inhibit rule on {_target(rule)}", "is not in Git", live=rule)


def _inhibit(rule: Json) -> Json:
    sides = {side: _matchers(rule, f"{side}_") for side in ("source", "target")}
    return {**sides, "equal": sorted(rule.get("equal") or [])}


def _target(rule: Json) -> str:
    return ", ".join(rule["target"]) or "(all)"


def _intervals(live: Json, git: Json) -> Iterator[Change]:
    """Time intervals that Git names, by their name; others are nobody's but the user's."""
    lives, gits = (
        {
            each["name"]: _plain(each.get("time_intervals") or [])
            for key in ("time_intervals", "mute_time_intervals")
            for each in side.get(key) or ()
        }
        for side in (live, git)
    )
    for name, wanted in gits.items():
        if name not in lives:
            yield Change(f"time interval {name}", "is not there", git=wanted)
        else:
            for path, old, new in leaves(lives[name], wanted):
                yield Change(f"time interval {name}", path, old, new)


def _plain(value: Any) -> Any:
    """Lower case, durations and one-item lists in one form, keys with nothing left out."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if each not in (None, [], {})}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return canonical(value) if seconds(value) is not None else value.lower()
    return value


def _receivers(live: list[Json], git: list[Json]) -> Iterator[Change]:
    lives = {receiver["name"]: receiver for receiver in live}
    for receiver in git:
        thing = f"receiver {receiver['name']}"
        if receiver["name"] not in lives:
            yield Change(thing, "is not there", git=_kinds(receiver))
            continue
        found, wanted = _kinds(lives[receiver["name"]]), _kinds(receiver)
        if wanted and not found:
            yield Change(thing, "tells nobody: it has no integration", git=wanted)
        elif found != wanted and not _is_placeholder(receiver):
            yield Change(thing, "kinds", found, wanted)


def _kinds(receiver: Json) -> list[str]:
    """The integrations of a receiver: one entry each, so that a second Slack is seen."""
    found = (
        [kind] * len(configs) for kind, configs in receiver.items() if kind.endswith("_configs")
    )
    return sorted(kind for kinds in found for kind in kinds)


def _is_placeholder(receiver: Json) -> bool:
    """Whether Git has but webhooks on this machine, in whose place users put theirs."""
    if set(_kinds(receiver)) != {"webhook_configs"}:
        return False
    hooks = [urlsplit(str(hook.get("url", ""))) for hook in receiver["webhook_configs"]]
    return all(hook.hostname in {"localhost", "127.0.0.1"} for hook in hooks)


def _templates(live: list[str], git: list[str]) -> Iterator[Change]:
    missing = [pattern for pattern in git if not any(_is_file(one, pattern) for one in live)]
    if missing:
        yield Change("templates", "are not there", git=missing)
