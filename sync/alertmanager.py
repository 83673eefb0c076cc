"""Compare a running Alertmanager's configuration with the checkout's, and reload it.

All routes and inhibit rules are compared, since an additional one may keep an alert from its
receiver. Receivers and time intervals are compared only if Git names them, and of a receiver only
its name and integrations: its settings are the user's and may be secret, so they are not shown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml

from sync.checkout import Checkout
from sync.client import Client
from sync.comparison import Change, Comparison, Thing, differences, duration, order

Json = dict[str, Any]

MASKED = "<secret>"
"""What Alertmanager shows instead of a secret."""

_MATCHER = re.compile(r'\s*("(?:\\.|[^"\\])*"|[^=!~\s]+)\s*(=~|!~|!=|=)\s*(.*?)\s*', re.DOTALL)
_BETWEEN = re.compile(r',(?=(?:[^"\\]|\\.|"(?:\\.|[^"\\])*")*$)')  # a comma outside quotes
_TIMES = ("group_wait", "group_interval", "repeat_interval")
_SETS = ("group_by", "mute_time_intervals", "active_time_intervals")


@dataclass(frozen=True)
class Alertmanager:
    """Uses the status API, which returns the configuration with its secrets masked."""

    client: Client
    checkout: Checkout

    def compare(self) -> Comparison:
        """The differences. Raises LiveError or FileError."""
        live = self.client.get("/api/v2/status", _live)
        return Comparison(tuple(compare(live, self.checkout.alertmanager())))

    def apply(self, found: Comparison) -> Iterator[str]:
        """Reload the configuration file. Raises LiveError if that is refused."""
        del found  # a reload may resolve any difference
        yield self.client.reloaded(
            "copy cluster/alertmanager/alertmanager.yml to where its --config.file points"
        )


def _live(found: Json) -> Json:
    config: Json = yaml.safe_load(found["config"]["original"])
    config["route"]["receiver"]  # it has one in any case
    return config


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
        same = _is_file(found, wanted) if key.endswith("_file") else _plain(found) == _plain(wanted)
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
    made: Json = {"receiver": route.get("receiver"), "matchers": _matchers(route, "")}
    made |= {key: duration(route[key]) for key in _TIMES if key in route}
    made |= {key: sorted(route[key]) for key in _SETS if route.get(key)}
    made |= {"continue": True} if route.get("continue") else {}
    below = route.get("routes") or []
    names = [", ".join(_matchers(each, "")) or "(all)" for each in below]
    yield Thing(name, made), names
    for matchers, each in zip(names, below, strict=True):
        yield from _tree(each, f"{name} > {matchers}")


def _matchers(held: Json, prefix: str) -> list[str]:
    """The matchers of a route (no prefix) or a side of an inhibit rule, in the current syntax."""
    found = [
        _matcher(part)
        for text in held.get(f"{prefix}matchers") or ()
        for part in _BETWEEN.split(text.strip().removeprefix("{").removesuffix("}"))
        if part.strip()
    ]
    for key, sign in ((f"{prefix}match", "="), (f"{prefix}match_re", "=~")):
        found += [f'{name}{sign}"{value}"' for name, value in (held.get(key) or {}).items()]
    return sorted(found)


def _matcher(text: str) -> str:
    parts = _MATCHER.fullmatch(text)
    if parts is None:
        return text.strip()
    return f'{_unquoted(parts[1])}{parts[2]}"{_unquoted(parts[3])}"'


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return text


def _inhibition(config: Json) -> Iterator[Thing]:
    for rule in config.get("inhibit_rules") or ():
        sides: Json = {side: _matchers(rule, f"{side}_") for side in ("source", "target")}
        sides["equal"] = sorted(rule.get("equal") or [])
        name = f"inhibit rule on {', '.join(sides['target']) or '(all)'}"
        yield Thing(name, sides, key=str(sides))


def _intervals(config: Json) -> Iterator[Thing]:
    for key in ("time_intervals", "mute_time_intervals"):
        for each in config.get(key) or ():
            yield Thing(f"time interval {each['name']}", _plain(each.get("time_intervals") or []))


def _plain(value: Any) -> Any:
    """`value` with texts in lower case, durations in one form, and without empty keys."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if each not in (None, [], {})}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        try:
            return duration(value)
        except ValueError:
            return value.lower()
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
