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
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, AliasPath, BeforeValidator, Field, TypeAdapter

from contract.document import Document, Json, Values
from sync.client import Client
from sync.comparison import Change, Part, Thing, differences, duration, read

ALERTMANAGER = PurePosixPath("cluster/alertmanager/alertmanager.yml")
MASKED = "<secret>"
"""What Alertmanager shows instead of a secret."""

_QUOTED = r'"(?:\\.|[^"\\])*"'
_MATCHER = re.compile(rf"({_QUOTED}|[^=!~\s,]+)\s*(=~|!~|!=|=)\s*({_QUOTED}|[^,]*)")
"""A name, an operator and a value, each of the two texts in quotes or without."""
_ON_THIS_MACHINE = re.compile(r"https?://(localhost|127\.0\.0\.1)([:/].*)?")


def _sorted_matchers(texts: Iterable[str]) -> tuple[str, ...]:
    found = (
        f'{_unquoted(name)}{sign}"{_unquoted(value)}"'
        for text in texts
        for name, sign, value in _MATCHER.findall(text.strip().removeprefix("{").removesuffix("}"))
    )
    return tuple(sorted(found))


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text[1:-1]) if text.startswith('"') else text.strip()


Names = Annotated[tuple[str, ...], AfterValidator(lambda names: tuple(sorted(names)))]
"""A list whose order has no meaning."""
Matchers = Annotated[tuple[str, ...], AfterValidator(_sorted_matchers)]


class Route(Document):
    """A route, with those below it."""

    receiver: str = ""
    group_by: Names = ()
    mute_time_intervals: Names = ()
    active_time_intervals: Names = ()
    matchers: Matchers = ()
    routes: tuple["Route", ...] = ()

    def things(self, name: str) -> Iterator[Thing]:
        """The route `name`, and all routes below it, each named by its matchers.

        Several may have the same, as one that continues and the next: they are numbered.
        """
        texts = [", ".join(each.matchers) or "(all)" for each in self.routes]
        before = [texts[:index].count(text) for index, text in enumerate(texts)]
        below = [f"{text} ({n + 1})" if n else text for text, n in zip(texts, before, strict=True)]
        own = self.model_dump(exclude_unset=True, exclude={"routes"})
        said = {key: each for key, each in own.items() if each}
        yield Thing(name, said, ordered={"routes": below})
        for called, each in zip(below, self.routes, strict=True):
            yield from each.things(f"{name} > {called}")


class _Root(Route):
    receiver: str


class InhibitRule(Document):
    """An inhibit rule."""

    source_matchers: Matchers = ()
    target_matchers: Matchers = ()
    equal: Names = ()

    def thing(self) -> Thing:
        """The rule, identified by all that it says."""
        value = self.model_dump()
        target = ", ".join(self.target_matchers) or "(all)"
        return Thing(f"inhibit rule on {target}", value, key=json.dumps(value, sort_keys=True))


class TimeInterval(Document):
    """A time interval."""

    name: str
    time_intervals: tuple[Json, ...] = ()

    def thing(self) -> Thing:
        """The interval; Alertmanager shows the names of days and months in small letters."""
        times = json.loads(json.dumps(self.time_intervals).lower())
        return Thing(f"time interval {self.name}", times)


class Receiver(Document):
    """A receiver."""

    name: str
    __pydantic_extra__: dict[str, list[Json]]
    """The settings of its integrations, by their kind."""

    def kinds(self) -> list[str]:
        """The kinds of its integrations, one entry for each, so that a second Slack shows."""
        return sorted(kind for kind, each in self.__pydantic_extra__.items() for _ in each)

    def is_placeholder(self) -> bool:
        """Whether it has only webhooks on localhost, which users replace with their receivers."""
        if set(self.kinds()) != {"webhook_configs"}:
            return False
        hooks = self.__pydantic_extra__["webhook_configs"]
        return all(_ON_THIS_MACHINE.fullmatch(str(hook.get("url"))) for hook in hooks)


class Configuration(Document):
    """Alertmanager's configuration, of the file in Git and of the status API alike."""

    route: _Root
    global_: Values = Field(alias="global")
    inhibit_rules: tuple[InhibitRule, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    time_intervals: tuple[TimeInterval, ...] = ()
    templates: tuple[str, ...] = ()

    def things(self, named: Self) -> Iterator[Thing]:
        """What is compared by name; of time intervals and templates only those `named` has."""
        yield from self.route.things("route")
        yield from (rule.thing() for rule in self.inhibit_rules)
        names = {each.name for each in named.time_intervals}
        yield from (each.thing() for each in self.time_intervals if each.name in names)
        for path in named.templates:
            if any(_is_file(each, path) for each in self.templates):
                yield Thing(f"template {path}", path)


def _in_one_form(value: Any) -> Any:
    """`value` with durations in one form, and without empty keys."""
    if isinstance(value, dict):
        return {key: _in_one_form(it) for key, it in value.items() if it not in (None, [], {})}
    if isinstance(value, list):
        return [_in_one_form(each) for each in value]
    try:
        return duration(value) if isinstance(value, str) and value else value
    except ValueError:
        return value


def _parsed(text: object) -> Any:
    try:
        return _in_one_form(yaml.safe_load(str(text)))
    except yaml.YAMLError:
        raise ValueError("is not YAML") from None


class _Status(Document):
    original: Annotated[Configuration, BeforeValidator(_parsed)] = Field(
        validation_alias=AliasPath("config", "original")
    )


def parts(client: Client, root: Path) -> Iterator[Part]:
    """Compare by the status API, which returns the configuration with its secrets masked.

    Raises LiveError or ConfigError.
    """
    live = client.get("/api/v2/status", _Status.model_validate).original
    advice = "receivers-example.yml beside it shows the form"
    form = TypeAdapter(Annotated[Configuration, BeforeValidator(_in_one_form)])
    git = read(root, ALERTMANAGER, form.validate_python, advice)
    copying = "copy cluster/alertmanager/alertmanager.yml to where its --config.file points"
    advice = "does a proxy hold back POST /-/reload, and is ALERTMANAGER_URL its address?"
    yield Part(list(compare(live, git)), partial(client.reloaded, copying, advice))


def compare(live: Configuration, git: Configuration) -> Iterator[Change]:
    """The differences between `live` and `git`."""
    yield from _globals(live.global_, git.global_)
    yield from differences(live.things(git), git.things(git))
    yield from _receivers(live.receivers, git.receivers)


def _globals(live: Json, git: Json) -> Iterator[Change]:
    for key, wanted in sorted(git.items()):
        found = live.get(key)
        same = _is_file(found, wanted) if key.endswith("_file") else found == wanted
        if found != MASKED and not same:
            yield Change("global", f"{key} differs (its value may be secret and is not shown)")


def _is_file(live: object, git: object) -> bool:
    """Whether both are the same path; Alertmanager shows relative ones with its file's folder."""
    return live == git or str(live).endswith(f"/{git}")


def _receivers(live: Iterable[Receiver], git: Iterable[Receiver]) -> Iterator[Change]:
    lives = {receiver.name: receiver.kinds() for receiver in live}
    for receiver in git:
        thing = f"receiver {receiver.name}"
        found, wanted = lives.get(receiver.name), receiver.kinds()
        if found is None:
            yield Change(thing, "is not there", git=wanted)
        elif wanted and not found:
            yield Change(thing, "tells nobody: it has no integration", git=wanted)
        elif found != wanted and not receiver.is_placeholder():
            yield Change(thing, "integrations", found, wanted)
