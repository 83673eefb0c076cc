"""Compare a running Prometheus' rules with the checkout's, and make it reload its files."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import promql_parser
from pydantic import AfterValidator, AliasChoices, AliasPath, Field

from contract.document import Document, Texts
from delivery.targets import ALERTS
from sync.client import Client
from sync.comparison import Length, Part, Thing, change, differences, read


def _formatted(expr: str) -> str:
    """`expr` without comments and in a fixed layout, or unchanged if it cannot be parsed."""
    try:
        return str(promql_parser.parse(expr).prettify())
    except ValueError:
        return expr


_COMPARED = {"expr", "for_", "keep_firing_for", "labels", "annotations", "error"}
"""What is compared of a rule."""


class _Rule(Document):
    name: str = Field(validation_alias=AliasChoices("alert", "record", "name"))
    expr: Annotated[str, AfterValidator(_formatted)] = Field(
        validation_alias=AliasChoices("expr", "query")
    )
    for_: Length = Field(
        "0s", validation_alias=AliasChoices("for", "duration"), serialization_alias="for"
    )
    keep_firing_for: Length = Field(
        "0s", validation_alias=AliasChoices("keep_firing_for", "keepFiringFor")
    )
    labels: Texts
    annotations: Texts
    # A difference in it is told as "fails to evaluate": a file has none.
    error: Annotated[str | None, AfterValidator(lambda told: told or None)] = Field(
        None, validation_alias="lastError", serialization_alias="fails to evaluate"
    )


class Group(Document):
    """A rule group, of the rule file and of the rules API alike."""

    name: str
    interval: Length
    limit: int = 0
    rules: tuple[_Rule, ...]
    file: str = "(file unknown)"

    @property
    def names(self) -> list[str]:
        """The names of its rules, in order."""
        return [rule.name for rule in self.rules]

    def things(self, where: str) -> Iterator[Thing]:
        """The group and its rules; `where` distinguishes several copies of it."""
        settings = {"interval": self.interval, "limit": self.limit}
        yield Thing(f"group {self.name}{where}", settings, ordered={"rules": self.names})
        for rule in self.rules:
            name = f"rule {self.name}/{rule.name}{where}"
            value = rule.model_dump(include=_COMPARED, by_alias=True)
            yield Thing(name, value, rule.expr)


class _File(Document):
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]


class _Answer(Document):
    groups: tuple[Group, ...] = Field(validation_alias=AliasPath("data", "groups"))


def parts(client: Client, root: Path) -> Iterator[Part]:
    """Compare by the rules API. Prometheus reads rules only from files, so it can only be reloaded.

    Raises LiveError or ConfigError.
    """
    live = client.get("/api/v1/rules?exclude_alerts=true", _Answer.model_validate).groups
    git = read(root, ALERTS, _File.model_validate).groups
    copying = "copy cluster/grafana/alerts/ to where its rule_files points"
    advice = (
        "start it with --web.enable-lifecycle, or send its process a SIGHUP; Mimir and Cortex take "
        "rules by `mimirtool rules sync` instead"
    )
    yield Part(list(compare(live, git)), partial(client.reloaded, copying, advice))


def compare(live: Sequence[Group], git: Sequence[Group]) -> Iterator[str]:
    """The differences in the groups of `git`, and other live groups that have our rules."""
    for group in git:
        copies = [each for each in live if each.name == group.name]
        if not copies:
            yield change(f"group {group.name}", "is not there", git="\n".join(group.names))
        if len(copies) > 1:
            files = "\n".join(copy.file for copy in copies)
            what = f"is loaded {len(copies)} times, and each alert is raised as often: leave one"
            yield change(f"group {group.name}", what, live=files)
        for copy in copies:
            where = f" of {copy.file}" if len(copies) > 1 else ""
            yield from differences(copy.things(where), group.things(where))
    names, rules = {group.name for group in git}, {name for each in git for name in each.names}
    for group in live:
        shared = [name for name in group.names if name in rules]
        if shared and group.name not in names:
            thing, what = f"group {group.name} of {group.file}", "is not ours, and has our rules"
            yield change(thing, what, live="\n".join(shared))
