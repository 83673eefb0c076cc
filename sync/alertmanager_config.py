"""Alertmanager's configuration, in the form in which it is compared."""

import json
import re
from collections.abc import Iterable
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, AliasPath, BeforeValidator, Field, model_validator

from contract.document import Document, Json, Texts, Values
from sync.comparison import Thing, duration

_QUOTED = r'"(?:\\.|[^"\\])*"'
_MATCHER = re.compile(rf"({_QUOTED}|[^=!~\s,]+)\s*(=~|!~|!=|=)\s*({_QUOTED}|[^,]*)")
"""A name, an operator and a value, each of the two texts in quotes or without."""
_ON_THIS_MACHINE = re.compile(r"https?://(localhost|127\.0\.0\.1)([:/].*)?")
Names = Annotated[tuple[str, ...], AfterValidator(lambda names: tuple(sorted(names)))]
"""A list whose order has no meaning."""


class Route(Document):
    """A route, with those below it."""

    receiver: str = ""
    group_by: Names = ()
    mute_time_intervals: Names = ()
    active_time_intervals: Names = ()
    matchers: tuple[str, ...] = ()
    match: Texts
    match_re: Texts
    routes: tuple["Route", ...] = ()

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


class _Root(Route):
    receiver: str


class InhibitRule(Document):
    """An inhibit rule."""

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
    mute_time_intervals: tuple[TimeInterval, ...] = ()
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


class Status(Document):
    """The answer of the status API."""

    original: Annotated[Configuration, BeforeValidator(_parsed)] = Field(
        validation_alias=AliasPath("config", "original")
    )


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
