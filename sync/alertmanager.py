"""Compare a running Alertmanager's configuration with the checkout's, and reload it.

All routes and inhibit rules are compared, since an additional one may keep an alert from its
receiver. Receivers and time intervals are compared only if Git names them, and of a receiver only
its name and integrations: its settings are the user's and may be secret, so they are not shown.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from contract.document import Document, Json, Mapping, Texts
from sync.client import Client
from sync.comparison import Change, Part, Thing, differences, duration, order
from sync.reading import read

ALERTMANAGER = PurePosixPath("cluster/alertmanager/alertmanager.yml")
MASKED = "<secret>"
"""What Alertmanager shows instead of a secret."""

_QUOTED = r'"(?:\\.|[^"\\])*"'
_MATCHER = re.compile(rf"({_QUOTED}|[^=!~\s,]+)\s*(=~|!~|!=|=)\s*({_QUOTED}|[^,]*)")
"""A name, an operator and a value, each of the two texts in quotes or without."""
Names = Annotated[tuple[str, ...], AfterValidator(lambda names: tuple(sorted(names)))]
"""A list whose order has no meaning."""


class _Route(Document):
    receiver: str = ""
    group_by: Names = ()
    mute_time_intervals: Names = ()
    active_time_intervals: Names = ()
    matchers: tuple[str, ...] = ()
    match: Texts
    match_re: Texts
    routes: tuple["_Route", ...] = ()

    def thing(self, name: str) -> Thing:
        """The route without those below it."""
        elsewhere = {"routes", "matchers", "match", "match_re"}
        own = self.model_dump(exclude_unset=True, exclude=elsewhere)
        value = {key: each for key, each in own.items() if each}
        return Thing(name, {**value, "matchers": self.all_matchers()})

    def all_matchers(self) -> list[str]:
        """Its matchers, in the current syntax."""
        return _matchers(self.matchers, self.match, self.match_re)

    def children(self) -> list[str]:
        """The routes below it, each named by its matchers."""
        return [", ".join(each.all_matchers()) or "(all)" for each in self.routes]


class _Root(_Route):
    receiver: str


class _InhibitRule(Document):
    source_matchers: tuple[str, ...] = ()
    source_match: Texts
    source_match_re: Texts
    target_matchers: tuple[str, ...] = ()
    target_match: Texts
    target_match_re: Texts
    equal: Names = ()

    def thing(self) -> Thing:
        """The rule, identified by all that it says."""
        source = _matchers(self.source_matchers, self.source_match, self.source_match_re)
        target = _matchers(self.target_matchers, self.target_match, self.target_match_re)
        value = {"source": source, "target": target, "equal": self.equal}
        return Thing(f"inhibit rule on {', '.join(target) or '(all)'}", value, key=str(value))


class _TimeInterval(Document):
    name: str
    time_intervals: tuple[Json, ...] = ()

    def thing(self) -> Thing:
        """The interval; Alertmanager shows the names of days and months in small letters."""
        times = json.loads(json.dumps(self.time_intervals).lower())
        return Thing(f"time interval {self.name}", times)


class _Receiver(Document):
    name: str
    __pydantic_extra__: dict[str, list[Json]]

    @property
    def integrations(self) -> dict[str, list[Json]]:
        """The settings of its integrations, by their kind."""
        return self.__pydantic_extra__

    def kinds(self) -> list[str]:
        """The kinds of its integrations, one entry for each, so that a second Slack shows."""
        found = self.integrations.items()
        return sorted(kind for kind, each in found for _ in each)

    def is_placeholder(self) -> bool:
        """Whether it has only webhooks on localhost, which users replace with their receivers."""
        if set(self.kinds()) != {"webhook_configs"}:
            return False
        hooks = self.integrations["webhook_configs"]
        urls = [urlsplit(str(hook.get("url", ""))) for hook in hooks]
        return all(url.hostname in {"localhost", "127.0.0.1"} for url in urls)


class Configuration(Document):
    """Alertmanager's configuration, of the file in Git and of the status API alike."""

    route: _Root
    global_: Mapping = Field(alias="global")
    inhibit_rules: tuple[_InhibitRule, ...] = ()
    receivers: tuple[_Receiver, ...] = ()
    time_intervals: tuple[_TimeInterval, ...] = ()
    mute_time_intervals: tuple[_TimeInterval, ...] = ()
    templates: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _simplified(cls, value: Any) -> Any:
        return _in_one_form(value)


def _parsed(text: object) -> Any:
    try:
        return yaml.safe_load(str(text))
    except yaml.YAMLError:
        raise ValueError("is not YAML") from None


class _Shown(Document):
    original: Annotated[Configuration, BeforeValidator(_parsed)]


class _Status(Document):
    config: _Shown


def parts(client: Client, root: Path) -> Iterator[Part]:
    """Compare by the status API, which returns the configuration with its secrets masked.

    Raises LiveError or ConfigError.
    """
    live = client.get("/api/v2/status", _Status.model_validate).config.original
    advice = "receivers-example.yml beside it shows the form"
    git = read(root, ALERTMANAGER, Configuration.model_validate, advice)
    copying = "copy cluster/alertmanager/alertmanager.yml to where its --config.file points"
    advice = "does a proxy hold back POST /-/reload, and is ALERTMANAGER_URL its address?"
    yield Part(list(compare(live, git)), partial(client.reloaded, copying, advice))


def compare(live: Configuration, git: Configuration) -> Iterator[Change]:
    """The differences between `live` and `git`."""
    yield from _globals(live.global_, git.global_)
    yield from _routes(live.route, git.route)
    yield from differences(_inhibition(live), _inhibition(git))
    named = {thing.name for thing in _intervals(git)}  # all others are the user's
    yield from differences((it for it in _intervals(live) if it.name in named), _intervals(git))
    yield from _receivers(live.receivers, git.receivers)
    missing = [it for it in git.templates if not any(_is_file(x, it) for x in live.templates)]
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


def _routes(live: _Route, git: _Route) -> Iterator[Change]:
    lives, gits = list(_tree(live, "route")), list(_tree(git, "route"))
    things = [[route.thing(name) for name, route in side] for side in (lives, gits)]
    yield from differences(things[0], things[1])
    children = {name: route.children() for name, route in lives}
    for name, route in gits:
        yield from order(name, "routes", children.get(name, []), route.children())


def _tree(route: _Route, name: str) -> Iterator[tuple[str, _Route]]:
    """A route and all routes below it, each with its name."""
    yield name, route
    for matchers, each in zip(route.children(), route.routes, strict=True):
        yield from _tree(each, f"{name} > {matchers}")


def _matchers(texts: Iterable[str], equal: dict[str, str], like: dict[str, str]) -> list[str]:
    """The matchers of a route or of a side of an inhibit rule, in the current syntax."""
    found = [
        f'{_unquoted(name)}{sign}"{_unquoted(value)}"'
        for text in texts
        for name, sign, value in _MATCHER.findall(text.strip().removeprefix("{").removesuffix("}"))
    ]
    found += [f'{name}="{value}"' for name, value in equal.items()]
    return sorted([*found, *(f'{name}=~"{value}"' for name, value in like.items())])


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text[1:-1]) if text.startswith('"') else text.strip()


def _inhibition(config: Configuration) -> Iterator[Thing]:
    return (rule.thing() for rule in config.inhibit_rules)


def _intervals(config: Configuration) -> Iterator[Thing]:
    return (each.thing() for each in (*config.time_intervals, *config.mute_time_intervals))


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


def _receivers(live: Iterable[_Receiver], git: Iterable[_Receiver]) -> Iterator[Change]:
    lives = {receiver.name: receiver.kinds() for receiver in live}
    for receiver in git:
        thing, wanted = f"receiver {receiver.name}", receiver.kinds()
        if receiver.name not in lives:
            yield Change(thing, "is not there", git=wanted)
            continue
        found = lives[receiver.name]
        if wanted and not found:
            yield Change(thing, "tells nobody: it has no integration", git=wanted)
        elif found != wanted and not receiver.is_placeholder():
            yield Change(thing, "kinds", found, wanted)
