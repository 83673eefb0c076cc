"""Compare Grafana-managed alert rules with the checkout's, and replace the groups that differ.

This is done only if one of our rules is live already, or with GRAFANA_ALERTS=yes: together with a
Prometheus that evaluates the same rules they would send each alert twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contract.durations import parsed_duration
from delivery.grafana_versions import RULES
from delivery.targets.grafana import read
from sync.checkout import GRAFANA_ALERTS, Checkout
from sync.client import Client
from sync.comparison import Change, Comparison, Thing, differences, duration, order
from sync.grafana import (
    folder_found_or_made,
    folders,
    read_again,
    too_old_for,
    without_defaults,
)

Json = dict[str, Any]

_PATH = "/api/v1/provisioning/alert-rules"
_OPEN = {"", "api"}
"""Provenances of rules that the API may change: none, and its own."""
_TIMES = ("for", "keep_firing_for")
_COMPARED = (
    *("title", "condition", "data", "noDataState", "execErrState", *_TIMES),
    *("labels", "annotations", "isPaused", "record", "notification_settings"),
    "missingSeriesEvalsToResolve",
)
_NOT_OF_RECORDS = {
    *("condition", "noDataState", "execErrState", "missingSeriesEvalsToResolve", *_TIMES)
}
"""Keys that Grafana clears in a recording rule, whatever was sent."""
_LINK = ("dashboardUid", "panelId")
_IN_API = {"missing_series_evals_to_resolve": "missingSeriesEvalsToResolve"}
"""Keys that are spelt differently in the API and in the file."""
_API_DEFAULTS = {"condition": "", "noDataState": "NoData", "execErrState": "Alerting", "for": "0s"}
"""Keys that the API requires of every rule, and that a recording rule's file entry lacks."""
_SET_BY_GRAFANA = {"intervalMs", "maxDataPoints"}
"""Keys that Grafana adds to each query."""


@dataclass(frozen=True)
class Group:
    """A group of the provisioning file; `rules` are in the API's form, without folder and group."""

    name: str
    folder: str
    seconds: int
    rules: tuple[Json, ...]

    @property
    def uids(self) -> list[str]:
        """The uids of its rules, in order."""
        return [rule["uid"] for rule in self.rules]


@dataclass(frozen=True)
class _Live:
    """All rules of the organization by uid, and the uids of the folders by title."""

    rules: dict[str, Json]
    folders: dict[str, str]

    def of(self, group: Group) -> list[Json]:
        """The rules of `group` that are live, wherever they are."""
        return [self.rules[uid] for uid in group.uids if uid in self.rules]

    def title(self, rule: Json) -> str:
        """The title of a rule's folder, or the uid of one that is not at the top level."""
        found = (title for title, uid in self.folders.items() if uid == rule["folderUID"])
        return next(found, str(rule["folderUID"]))

    def others(self, group: Group) -> list[Json]:
        """The rules that are live in the place of `group`, and not of it."""
        place = (self.folders.get(group.folder), group.name)
        return [
            rule
            for uid, rule in self.rules.items()
            if (rule["folderUID"], rule["ruleGroup"]) == place and uid not in group.uids
        ]


@dataclass(frozen=True)
class Alerting:
    """Uses the provisioning API, group by group; a group with other rules in it is not changed."""

    client: Client
    checkout: Checkout
    wanted: bool
    """Whether to compare even if no rule of ours is live."""

    def compare(self) -> Comparison:
        """The differences. Raises LiveError or FileError."""
        groups = self._groups()
        live = self._live() if groups else None
        if live is None:
            why = "we may not read them (403) and none was asked for"
            return Comparison((), (f"alert rules: not compared, {why}",) if groups else ())
        if not (self.wanted or any(live.of(group) for group in groups)):
            note = (
                "alert rules: none of ours is in this Grafana, so none is compared "
                "(GRAFANA_ALERTS=yes compares them, for a Grafana that evaluates them itself)"
            )
            return Comparison((), (note,))
        changes = (change for group in groups for change in self._changes(group, live))
        return Comparison(tuple(changes), tuple(too_old_for(self.client, RULES)))

    def apply(self, found: Comparison) -> Iterator[str]:
        """Replace every group that differs, and report what was done. Raises LiveError."""
        groups = self._groups()
        live = self._live() if found.applicable else None
        if live is None:
            return
        sources = {rule.get("provenance") or "" for group in groups for rule in live.of(group)}
        if "file" in sources:
            yield read_again(self.client, "alerting", "alert rules")
        elif sources - _OPEN:
            owners = ", ".join(sorted(sources - _OPEN))
            yield f"alert rules: not touched, another tool owns them ({owners})"
        else:
            for group in groups:
                if any(not change.by_hand for change in self._changes(group, live)):
                    yield self._put(group, live)

    def _groups(self) -> list[Group]:
        """The groups of the checkout; none if it has no such file."""
        there = (self.checkout.root / GRAFANA_ALERTS).exists()
        return self.checkout.parsed(GRAFANA_ALERTS, _group) if there else []

    def _live(self) -> _Live | None:
        """The live rules; None if we may not read them and need not."""
        understood = None if self.wanted else (200, 403)
        answer = self.client.ask("GET", _PATH, understood=understood)
        if answer.status == 403:
            return None
        rules = self.client.read(_PATH, answer, lambda found: {rule["uid"]: rule for rule in found})
        return _Live(rules, folders(self.client))

    def _changes(self, group: Group, live: _Live) -> Iterator[Change]:
        """The differences in the rules of `group`, and in the group itself."""
        lives = (_thing(rule, live.title(rule), rule["ruleGroup"]) for rule in live.of(group))
        gits = (_thing(rule, group.folder, group.name) for rule in group.rules)
        yield from differences(lives, gits)
        folder = live.folders.get(group.folder)
        if folder is None:
            return
        thing = f"alert rule group {group.name}"
        answer = self.client.ask("GET", _group_path(folder, group), understood=(200, 404))
        if answer.status == 200 and isinstance(answer.data, dict):
            seconds, rules = answer.data.get("interval"), answer.data.get("rules") or []
            if seconds != group.seconds:
                yield Change(thing, "interval", f"{seconds}s", f"{group.seconds}s")
            yield from order(thing, "rules", [rule["uid"] for rule in rules], group.uids)
        others = [f"{rule['title']} ({rule['uid']})" for rule in live.others(group)]
        if others:
            what = "has rules that are not in Git (sync leaves the whole group as it is: move them)"
            yield Change(thing, what, live="\n".join(others), by_hand=True)

    def _put(self, group: Group, live: _Live) -> str:
        if others := [rule["title"] for rule in live.others(group)]:
            return (
                f"alert rule group {group.name}: not touched, to put it would delete what is not "
                f"ours in it: {', '.join(others)}"
            )
        folder = folder_found_or_made(self.client, group.folder)
        # Without X-Disable-Provenance, so that Grafana marks the rules as provisioned and does not
        # let people edit them: they are changed in Git.
        place = {"folderUID": folder, "ruleGroup": group.name, "orgID": 1}
        body = {"title": group.name, "folderUid": folder, "interval": group.seconds}
        body["rules"] = [{**rule, **place} for rule in group.rules]
        self.client.ask("PUT", _group_path(folder, group), json=body)
        return f"alert rule group {group.name}: put, {len(group.rules)} rules"


def _group_path(folder_uid: str, group: Group) -> str:
    place = f"{quote(folder_uid, safe='')}/rule-groups/{quote(group.name, safe='')}"
    return f"/api/v1/provisioning/folder/{place}"


def _group(group: Mapping[str, Any]) -> Group:
    """A group of the provisioning file."""
    return Group(
        name=read(group["name"]),
        folder=read(group["folder"]),
        seconds=round(parsed_duration(group["interval"]).total_seconds()),
        rules=tuple(in_api_form(rule) for rule in group["rules"]),
    )


def in_api_form(rule: Mapping[str, Any]) -> Json:
    """A rule of the file as the API has it, which links to a panel by annotations only."""
    made = {_IN_API.get(key, key): each for key, each in rule.items() if key not in _LINK}
    made["title"] = read(rule["title"])
    made["labels"] = {key: read(each) for key, each in (rule.get("labels") or {}).items()}
    if record := rule.get("record"):
        source = {"target_datasource_uid": record["targetDatasourceUid"]}
        made["record"] = {"metric": record["metric"], "from": record["from"], **source}
    return {**_API_DEFAULTS, **made}


def _thing(rule: Json, folder: str, group: str) -> Thing:
    """A rule in the form in which it is compared."""
    left_out = _NOT_OF_RECORDS if rule.get("record") else set()
    kept = {key: rule[key] for key in _COMPARED if key in rule and key not in left_out}
    for key in _TIMES:
        if key in kept:
            length = duration(kept[key] or "0s")
            kept[key] = None if length == "0s" else length
    queries = [(query, query.get("model") or {}) for query in rule.get("data") or []]
    kept["data"] = [
        {**query, "model": {k: v for k, v in model.items() if k not in _SET_BY_GRAFANA}}
        for query, model in queries
    ]
    expressions = "\n".join(str(it.get("expr") or it.get("expression")) for _, it in queries)
    value = {**without_defaults(kept), "folder": folder, "group": group}
    return Thing(f"alert rule {rule['title']}", value, expressions, rule["uid"])
