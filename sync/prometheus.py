"""Compare a running Prometheus' rules with the checkout's, and make it reload its files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import promql_parser

from contract.durations import promql_duration
from delivery.targets import ALERTS
from sync.checkout import read_groups
from sync.client import Client
from sync.comparison import Change, Part, Thing, differences, duration, order, resolvable

Json = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """A rule group: its settings and rules in the form in which they are compared."""

    name: str
    file: str
    settings: Json
    rules: Sequence[Thing]  # named by their alert or record
    errors: Mapping[str, str]  # of those that fail to evaluate

    @property
    def names(self) -> list[str]:
        """The names of its rules, in order."""
        return [rule.name for rule in self.rules]

    def things(self, where: str) -> Iterator[Thing]:
        """The group and its rules; `where` distinguishes several copies of it."""
        yield Thing(f"group {self.name}{where}", self.settings)
        for rule in self.rules:
            name = f"rule {self.name}/{rule.name}{where}"
            yield Thing(name, rule.value, rule.value["expr"], key=rule.name)


def parts(client: Client, root: Path) -> Iterator[Part]:
    """Compare by the rules API. Prometheus reads rules only from files, so it can only be reloaded.

    Raises LiveError or FileError.
    """
    live = client.get("/api/v1/rules?exclude_alerts=true", _live)
    changes = list(compare(live, read_groups(root, ALERTS, _group)))
    yield Part(changes, partial(_reload, client, useful=resolvable(changes)))


def _reload(client: Client, *, useful: bool) -> str:
    if not useful:
        return "no reload: reading the files again would change none of this"
    return client.reloaded(
        "copy cluster/grafana/alerts/ to where its rule_files points",
        "start it with --web.enable-lifecycle, or send its process a SIGHUP; Mimir and Cortex take "
        "rules by `mimirtool rules sync` instead",
    )


def compare(live: Sequence[Group], git: Sequence[Group]) -> Iterator[Change]:
    """The differences in the groups of `git`, and other live groups that have our rules."""
    for group in git:
        copies = [each for each in live if each.name == group.name]
        if not copies:
            yield Change(f"group {group.name}", "is not there", git="\n".join(group.names))
        if len(copies) > 1:
            files = "\n".join(copy.file for copy in copies)
            what = f"is loaded {len(copies)} times, and each alert is raised as often: leave one"
            yield Change(f"group {group.name}", what, live=files, remains=True)
        for copy in copies:
            where = f" of {copy.file}" if len(copies) > 1 else ""
            yield from differences(copy.things(where), group.things(where))
            yield from order(f"group {group.name}{where}", "rules", copy.names, group.names)
            for name, error in copy.errors.items():
                thing = f"rule {group.name}/{name}{where}"
                yield Change(thing, "fails to evaluate", error, remains=True)
    names, rules = {group.name for group in git}, {name for each in git for name in each.names}
    for group in live:
        shared = [name for name in group.names if name in rules]
        if shared and group.name not in names:
            thing, what = f"group {group.name} of {group.file}", "is not ours, and has our rules"
            yield Change(thing, what, live="\n".join(shared), remains=True)


def _live(found: Json) -> list[Group]:
    """The groups of the API's answer."""
    return [_group(_of_api(group)) for group in found["data"]["groups"]]


def _of_api(group: Json) -> Json:
    """A group from the API, in the form of a rule file."""
    rules = [
        {
            **rule,
            "alert": rule["name"],
            "expr": rule["query"],
            "for": _shown(rule.get("duration", 0)),
            "keep_firing_for": _shown(rule.get("keepFiringFor", 0)),
        }
        for rule in group["rules"]
    ]
    return {**group, "interval": _shown(group["interval"]), "rules": rules}


def _group(group: Json) -> Group:
    """A group in the form of a rule file."""
    settings = {"interval": duration(group["interval"]), "limit": group.get("limit", 0)}
    rules = [_rule(rule) for rule in group["rules"]]
    errors = {
        rule["name"]: rule.get("lastError") or "it does not say why"
        for rule in group["rules"]
        if rule.get("health") == "err"
    }
    return Group(group["name"], group.get("file") or "(file unknown)", settings, rules, errors)


def _rule(rule: Json) -> Thing:
    times = {key: duration(rule.get(key, 0)) for key in ("for", "keep_firing_for")}
    texts = {
        f"{kind} {key}": str(text)
        for kind in ("label", "annotation")
        for key, text in (rule.get(f"{kind}s") or {}).items()
    }
    value = {"expr": _formatted(str(rule["expr"])), **times, **texts}
    return Thing(rule.get("alert") or rule["record"], value)


def _shown(seconds: float) -> str:
    return promql_duration(timedelta(milliseconds=round(1000 * seconds)))


def _formatted(expr: str) -> str:
    """`expr` without comments and in a fixed layout, or unchanged if it cannot be parsed."""
    try:
        return str(promql_parser.parse(expr).prettify())
    except ValueError:
        return expr
