"""Compare Grafana-managed alert rules with the checkout's, and replace the groups that differ.

This is done only if one of our rules is live already, or with GRAFANA_ALERTS=yes: together with a
Prometheus that evaluates the same rules they would send each alert twice.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    folder_title,
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
    "condition",
    "noDataState",
    "execErrState",
    "missingSeriesEvalsToResolve",
    *_TIMES,
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
    """All rules of the organization, and the titles of the folders where ours are."""

    rules: tuple[Json, ...]
    ours: dict[str, Json]
    titles: dict[str, str]

    def home(self, folder: str) -> str | None:
        """The uid of the folder with that title, if it contains a rule of ours."""
        return next((uid for uid, name in self.titles.items() if name == folder), None)


class Alerting:
    """Uses the provisioning API, group by group; a group with other rules in it is not changed."""

    def __init__(self, client: Client, checkout: Checkout, *, wanted: bool) -> None:
        """Compare the server of `client` with `checkout`; if `wanted`, even if none is live."""
        self._client = client
        self._checkout = checkout
        self._wanted = wanted

    def compare(self) -> Comparison:
        """The differences. Raises LiveError or FileError."""
        groups = self._groups()
        live = self._live(groups) if groups else None
        if live is None:
            why = "we may not read them (403) and none was asked for"
            return Comparison((), (f"alert rules: not compared, {why}",) if groups else ())
        if not (self._wanted or live.ours):
            note = (
                "alert rules: none of ours is in this Grafana, so none is compared "
                "(GRAFANA_ALERTS=yes compares them, for a Grafana that evaluates them itself)"
            )
            return Comparison((), (note,))
        changes = (change for group in groups for change in self._changes(group, live))
        return Comparison(tuple(changes), tuple(too_old_for(self._client, RULES)))

    def apply(self, found: Comparison) -> Iterator[str]:
        """Replace every group that differs, and report what was done. Raises LiveError."""
        groups = self._groups()
        live = self._live(groups) if found.applicable else None
        if live is None:
            return
        sources = {rule.get("provenance") or "" for rule in live.ours.values()}
        if "file" in sources:
            yield read_again(self._client, "alerting", "alert rules")
        elif sources - _OPEN:
            owners = ", ".join(sorted(sources - _OPEN))
            yield f"alert rules: not touched, another tool owns them ({owners})"
        else:
            for group in groups:
                if any(not change.by_hand for change in self._changes(group, live)):
                    yield self._put(group, live)

    def _groups(self) -> list[Group]:
        found: list[Group] = self._checkout.parsed(
            GRAFANA_ALERTS, _group, self._checkout.grafana_rule_groups()
        )
        return found

    def _live(self, groups: Sequence[Group]) -> _Live | None:
        """The live rules; None if we may not read them and need not."""
        understood = None if self._wanted else (200, 403)
        answer = self._client.ask("GET", _PATH, understood=understood)
        if answer.status == 403:
            return None
        uids = {uid for group in groups for uid in group.uids}
        try:
            ours = {rule["uid"]: rule for rule in answer.data if rule["uid"] in uids}
            folders = sorted({rule["folderUID"] for rule in ours.values()})
        except (KeyError, TypeError):
            raise self._client.not_its_own(_PATH) from None
        titles = {uid: folder_title(self._client, uid) for uid in folders}
        return _Live(tuple(answer.data), ours, titles)

    def _changes(self, group: Group, live: _Live) -> Iterator[Change]:
        """The differences in the rules of `group`, and in the group itself."""
        lives = (
            _thing(rule, live.titles[rule["folderUID"]], rule["ruleGroup"])
            for uid, rule in live.ours.items()
            if uid in group.uids
        )
        gits = (_thing(rule, group.folder, group.name) for rule in group.rules)
        yield from differences(lives, gits)
        home = live.home(group.folder)
        if home is not None:
            answer = self._client.ask("GET", _group_path(home, group), understood=(200, 404))
            if answer.status == 200 and isinstance(answer.data, dict):
                yield from _of_group(group, answer.data)

    def _put(self, group: Group, live: _Live) -> str:
        home = live.home(group.folder) or folder_found_or_made(self._client, group.folder)
        others = [
            rule["title"]
            for rule in live.rules
            if (rule["folderUID"], rule["ruleGroup"]) == (home, group.name)
            and rule["uid"] not in group.uids
        ]
        if others:
            return (
                f"alert rule group {group.name}: not touched, to put it would delete what is not "
                f"ours in it: {', '.join(others)}"
            )
        # Without X-Disable-Provenance, so that Grafana marks the rules as provisioned and does not
        # let people edit them: they are changed in Git.
        place = {"folderUID": home, "ruleGroup": group.name, "orgID": 1}
        body = {"title": group.name, "folderUid": home, "interval": group.seconds}
        body["rules"] = [{**rule, **place} for rule in group.rules]
        self._client.ask("PUT", _group_path(home, group), json=body)
        return f"alert rule group {group.name}: put, {len(group.rules)} rules"


def _group_path(folder_uid: str, group: Group) -> str:
    place = f"{quote(folder_uid, safe='')}/rule-groups/{quote(group.name, safe='')}"
    return f"/api/v1/provisioning/folder/{place}"


def _of_group(group: Group, live: Json) -> Iterator[Change]:
    """The differences in `group` itself; `live` is the API's answer for it."""
    thing, rules = f"alert rule group {group.name}", live.get("rules") or []
    if live.get("interval") != group.seconds:
        yield Change(thing, "interval", f"{live.get('interval')}s", f"{group.seconds}s")
    yield from order(thing, "rules", [rule["uid"] for rule in rules], group.uids)
    others = [f"{rule['title']} ({rule['uid']})" for rule in rules if rule["uid"] not in group.uids]
    if others:
        what = "has rules that are not in Git (sync leaves the whole group as it is: move them)"
        yield Change(thing, what, live="\n".join(others), by_hand=True)


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
    models = [query.get("model") or {} for query in rule.get("data") or []]
    kept["data"] = [
        {**query, "model": {k: v for k, v in model.items() if k not in _SET_BY_GRAFANA}}
        for query, model in zip(rule.get("data") or [], models, strict=True)
    ]
    expressions = "\n".join(str(it.get("expr") or it.get("expression")) for it in models)
    value = {**without_defaults(kept), "folder": folder, "group": group}
    return Thing(f"alert rule {rule['title']}", value, expressions, rule["uid"])
