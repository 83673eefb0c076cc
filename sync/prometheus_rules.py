"""Rules, live and in Git: what differs. Pure: whoever calls has asked Prometheus."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel

from sync.changes import Change, matched
from sync.durations import seconds, shown

Normal = Callable[[str, str], tuple[str, str]]
"""Brings two expressions into one form: equal results mean equal expressions."""


class Rule(BaseModel):
    """A rule as Prometheus' API gives it; times in seconds."""

    name: str
    query: str
    type: Literal["alerting", "recording"]
    duration: float = 0
    keepFiringFor: float = 0  # noqa: N815  # the API's name
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    health: str = ""
    lastError: str = ""  # noqa: N815  # the API's name

    @classmethod
    def of_file(cls, rule: Mapping[str, Any]) -> Self:
        """The rule of a rule file in the API's form."""
        alert = rule.get("alert")
        return cls(
            name=alert or rule["record"],
            query=str(rule["expr"]),
            type="alerting" if alert else "recording",
            duration=seconds(str(rule.get("for", "0"))) or 0,
            keepFiringFor=seconds(str(rule.get("keep_firing_for", "0"))) or 0,
            labels={key: str(value) for key, value in (rule.get("labels") or {}).items()},
            annotations={key: str(value) for key, value in (rule.get("annotations") or {}).items()},
        )


class Group(BaseModel):
    """A group as Prometheus' API gives it; interval in seconds, 0 in Git where it names none."""

    name: str
    file: str = ""
    interval: float = 0
    limit: int = 0
    rules: list[Rule]

    @classmethod
    def of_file(cls, group: Mapping[str, Any]) -> Self:
        """The group of a rule file in the API's form."""
        return cls(
            name=group["name"],
            interval=seconds(str(group.get("interval", "0"))) or 0,
            limit=group.get("limit", 0),
            rules=[Rule.of_file(rule) for rule in group["rules"]],
        )


def compare(live: Sequence[Group], git: Sequence[Group], normal: Normal) -> list[Change]:
    """What differs in the groups of `git`. Other live groups are not ours, unless a rule is."""
    changes: list[Change] = []
    for group in git:
        copies = [one for one in live if one.name == group.name]
        if not copies:
            changes.append(Change(f"group {group.name}", "is not loaded", git=_names(group)))
        if len(copies) > 1:
            changes.append(_loaded_again(group, copies))
        for copy in copies:
            where = f" of {copy.file}" if len(copies) > 1 else ""
            changes += _of_group(copy, group, where, normal)
    return [*changes, *_elsewhere(live, git)]


def _loaded_again(group: Group, copies: Sequence[Group]) -> Change:
    files = "\n".join(copy.file or "(file unknown)" for copy in copies)
    what = f"is loaded {len(copies)} times, and each alert is raised as often: leave one file"
    return Change(f"group {group.name}", what, live=files, mendable=False)


def _elsewhere(live: Sequence[Group], git: Sequence[Group]) -> Iterator[Change]:
    """Rules of ours that another group has as well: a copy that was renamed, say."""
    ours = {(rule.type, rule.name) for group in git for rule in group.rules}
    groups = {group.name for group in git}
    for group in live:
        if group.name not in groups:
            found = [rule for rule in group.rules if (rule.type, rule.name) in ours]
            if found:
                yield Change(
                    f"group {group.name} of {group.file}",
                    "is not ours, and has rules with names of ours",
                    live="\n".join(rule.name for rule in found),
                    mendable=False,
                )


def _of_group(live: Group, git: Group, where: str, normal: Normal) -> Iterator[Change]:
    thing = f"group {git.name}{where}"
    if git.interval and live.interval != git.interval:
        yield Change(thing, "interval", shown(live.interval), shown(git.interval))
    if live.limit != git.limit:
        yield Change(thing, "limit", str(live.limit), str(git.limit))
    found = matched(live.rules, git.rules, lambda rule: (rule.type, rule.name))
    for one, other in found.pairs:
        yield from _of_rule(one, other, f"rule {git.name}/{other.name}{where}", normal)
    for rule in found.only_git:
        yield Change(f"rule {git.name}/{rule.name}{where}", "is not loaded", git=rule.query)
    for rule in found.only_live:
        yield Change(f"rule {git.name}/{rule.name}{where}", "is not in Git", live=rule.query)
    if not found.in_order:
        yield Change(thing, "order of its rules", _names(live), _names(git))


def _of_rule(live: Rule, git: Rule, thing: str, normal: Normal) -> Iterator[Change]:
    if live.query != git.query:
        one, other = normal(live.query, git.query)
        if one != other:
            yield Change(thing, "expr", one, other)
    for what, old, new in (
        ("for", live.duration, git.duration),
        ("keep_firing_for", live.keepFiringFor, git.keepFiringFor),
    ):
        if old != new:
            yield Change(thing, what, shown(old), shown(new))
    for what, olds, news in (
        ("label", live.labels, git.labels),
        ("annotation", live.annotations, git.annotations),
    ):
        for key in sorted(olds.keys() | news.keys()):
            if olds.get(key) != news.get(key):
                yield Change(thing, f"{what} {key}", olds.get(key), news.get(key))
    if live.health == "err":
        said = live.lastError or "it does not say why"
        yield Change(thing, "fails to evaluate", live=said, mendable=False)


def _names(group: Group) -> str:
    return "\n".join(rule.name for rule in group.rules)
