"""Compare a running Alertmanager's configuration with the checkout's, and reload it.

All routes and inhibit rules are compared, since an additional one may keep an alert from its
receiver. Receivers and time intervals are compared only if Git names them, and of a receiver only
its name and integrations: its settings are the user's and may be secret, so they are not shown.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, AliasPath, BeforeValidator, Field

from contract.document import Document, Json
from sync.client import Client
from sync.comparison import Length, Part, Thing, change, differences, read

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
    group_wait: Length | None = None
    group_interval: Length | None = None
    repeat_interval: Length | None = None
    mute_time_intervals: Names = ()
    active_time_intervals: Names = ()
    matchers: Matchers = ()
    routes: tuple["Route", ...] = ()

    def things(self, name: str) -> Iterator[Thing]:
        """The route `name`, and all routes below it, each named by its matchers."""
        below = list(_numbered(", ".join(each.matchers) or "(all)" for each in self.routes))
        own = self.model_dump(exclude={"routes"})
        said = {key: each for key, each in own.items() if each}
        yield Thing(name, said, ordered={"routes": below})
        for called, each in zip(below, self.routes, strict=True):
            yield from each.things(f"{name} > {called}")


def _numbered(names: Iterable[str]) -> Iterator[str]:
    """The names, each that came before with a number: a, b, a (2)."""
    seen = Counter[str]()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


class _Root(Route):
    receiver: str


class _Global(Document):
    resolve_timeout: Length | None = None


class InhibitRule(Document):
    """An inhibit rule."""

    source_matchers: Matchers = ()
    target_matchers: Matchers = ()
    equal: Names = ()


class TimeInterval(Document):
    """A time interval."""

    name: str
    time_intervals: tuple[Json, ...] = ()


class Receiver(Document):
    """A receiver."""

    name: str
    __pydantic_extra__: dict[str, list[Json]]
    """The settings of its integrations, by their kind."""

    def kinds(self) -> str:
        """The kinds of its integrations, one line for each, so that a second Slack shows."""
        found = (kind for kind, each in self.__pydantic_extra__.items() for _ in each)
        return "\n".join(sorted(found))

    def is_placeholder(self) -> bool:
        """Whether it has only webhooks on localhost, which users replace with their receivers."""
        if set(self.kinds().splitlines()) != {"webhook_configs"}:
            return False
        hooks = self.__pydantic_extra__["webhook_configs"]
        return all(_ON_THIS_MACHINE.fullmatch(str(hook.get("url"))) for hook in hooks)


class Configuration(Document):
    """Alertmanager's configuration, of the file in Git and of the status API alike."""

    route: _Root
    global_: _Global = Field(_Global(), alias="global")
    inhibit_rules: tuple[InhibitRule, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    time_intervals: tuple[TimeInterval, ...] = ()
    templates: tuple[str, ...] = ()

    def things(self, git: Self) -> Iterator[Thing]:
        """What is compared by name: of time intervals and templates only those that `git` has."""
        yield from self.route.things("route")
        for rule in self.inhibit_rules:
            said = rule.model_dump()
            target = ", ".join(rule.target_matchers) or "(all)"
            yield Thing(f"inhibit rule on {target}", said, key=json.dumps(said, sort_keys=True))
        names = {each.name for each in git.time_intervals}
        for interval in (each for each in self.time_intervals if each.name in names):
            # Alertmanager shows the names of days and months in small letters.
            times = json.loads(json.dumps(interval.time_intervals).lower())
            yield Thing(f"time interval {interval.name}", times)
        for path in git.templates:
            if any(_is_file(each, path) for each in self.templates):
                yield Thing(f"template {path}", path)


def _yaml(text: object) -> Any:
    try:
        return yaml.safe_load(str(text))
    except yaml.YAMLError:
        raise ValueError("is not YAML") from None


class _Status(Document):
    original: Annotated[Configuration, BeforeValidator(_yaml)] = Field(
        validation_alias=AliasPath("config", "original")
    )


def parts(client: Client, root: Path) -> Iterator[Part]:
    """Compare by the status API, which returns the configuration with its secrets masked.

    Raises LiveError or ConfigError.
    """
    live = client.get("/api/v2/status", _Status.model_validate).original
    advice = "receivers-example.yml beside it shows the form"
    git = read(root, ALERTMANAGER, Configuration.model_validate, advice)
    changes = [
        *_globals(live.global_, git.global_),
        *differences(live.things(git), git.things(git)),
        *_receivers(live.receivers, git.receivers),
    ]
    copying = "copy cluster/alertmanager/alertmanager.yml to where its --config.file points"
    advice = "does a proxy hold back POST /-/reload, and is ALERTMANAGER_URL its address?"
    yield Part(changes, partial(client.reloaded, copying, advice))


def _globals(live: _Global, git: _Global) -> Iterator[str]:
    lives = live.model_dump()
    for key, wanted in sorted(git.model_dump(exclude_none=True).items()):
        found = lives.get(key)
        same = _is_file(found, wanted) if key.endswith("_file") else found == wanted
        if found != MASKED and not same:
            yield change("global", f"{key} differs (its value may be secret and is not shown)")


def _receivers(live: Iterable[Receiver], git: Iterable[Receiver]) -> Iterator[str]:
    """The differences in the receivers that Git names; a placeholder matches any integration."""
    lives = {receiver.name: receiver.kinds() for receiver in live}
    for receiver in git:
        found, wanted = lives.get(receiver.name), receiver.kinds()
        what = "integrations"
        if found is None:
            what = "is not there"
        elif wanted and not found:
            what = "has no integration, so nobody hears of the alerts that are routed to it"
        elif found == wanted or receiver.is_placeholder():
            continue
        yield change(f"receiver {receiver.name}", what, found or None, wanted or None)


def _is_file(live: object, git: object) -> bool:
    """Whether both are the same path; Alertmanager shows relative ones with its file's folder."""
    return live == git or str(live).endswith(f"/{git}")
