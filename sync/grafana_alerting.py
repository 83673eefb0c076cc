"""Grafana's own alert rules beside those of the checkout.

They are wanted where a rule of ours is live already, or GRAFANA_ALERTS=yes says so: beside a
Prometheus that evaluates the same rules they would send each alert twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sync.changes import Change, Comparison
from sync.client import Client
from sync.git import GRAFANA_ALERTS, Checkout
from sync.grafana_admin import reload
from sync.grafana_folders import found_or_made, title
from sync.grafana_rules import Group, compare, compare_group

Json = dict[str, Any]

_RULES = "/api/v1/provisioning/alert-rules"
_OPEN = {"", "api"}
"""Provenances that the API may write: none, and its own."""


@dataclass(frozen=True)
class _Live:
    """All rules of the organization, and the titles of the folders where ours are."""

    rules: tuple[Json, ...]
    titles: dict[str, str]

    def ours(self, groups: Sequence[Group]) -> dict[str, Json]:
        """Those with a uid of ours."""
        uids = {uid for group in groups for uid in group.uids}
        return {rule["uid"]: rule for rule in self.rules if rule["uid"] in uids}

    def home(self, folder: str) -> str | None:
        """The uid of the folder with that title, where a rule of ours is in it."""
        return next((uid for uid, name in self.titles.items() if name == folder), None)


class Alerting:
    """By the provisioning API, group by group; a group with other rules in it is not touched."""

    def __init__(self, client: Client, checkout: Checkout, *, wanted: bool) -> None:
        """Compare what `client` reaches with `checkout`; `wanted` also where none is live."""
        self._client = client
        self._checkout = checkout
        self._wanted = wanted

    def compare(self) -> Comparison:
        """What differs. Raises LiveError or FileError."""
        groups = self._groups()
        if not groups:
            return Comparison(())
        live = self._live(groups)
        if live is None:
            note = "alert rules: not compared, we may not read them (403) and none was asked for"
            return Comparison((), (note,))
        if not self._applies(groups, live):
            note = (
                "alert rules: none of ours is in this Grafana, so none is compared "
                "(GRAFANA_ALERTS=yes compares them, for a Grafana that evaluates them itself)"
            )
            return Comparison((), (note,))
        changes = (change for group in groups for change in self._changes(group, groups, live))
        return Comparison(tuple(changes))

    def apply(self) -> list[str]:
        """Put every group that differs, and say what was done. Raises LiveError."""
        groups = self._groups()
        live = self._live(groups) if groups else None
        if live is None or not self._applies(groups, live):
            return []
        differing = [
            group
            for group in groups
            if any(change.mendable for change in self._changes(group, groups, live))
        ]
        sources = {rule.get("provenance") or "" for rule in live.ours(groups).values()}
        if not differing:
            return []
        if "file" in sources:
            told = reload(self._client, "alerting")
            done = (
                "alert rules: provisioned from a file, which no API changes; Grafana has read its "
                f"files again ({told}): what differs still, differs in them"
            )
            return [done]
        if sources - _OPEN:
            owners = ", ".join(sorted(sources - _OPEN))
            return [f"alert rules: not touched, another tool owns them ({owners})"]
        return [self._put(group, live) for group in differing]

    def _groups(self) -> list[Group]:
        try:
            return [Group.of_file(group) for group in self._checkout.grafana_rule_groups()]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._checkout.not_as_built(GRAFANA_ALERTS, error) from None

    def _applies(self, groups: Sequence[Group], live: _Live) -> bool:
        return self._wanted or bool(live.ours(groups))

    def _live(self, groups: Sequence[Group]) -> _Live | None:
        """What there is; None where we may not read it, and need not either."""
        understood = None if self._wanted else (200, 403)
        answer = self._client.ask("GET", _RULES, understood=understood)
        if answer.status == 403:
            return None
        found = answer.data
        if not isinstance(found, list) or not all(_is_rule(rule) for rule in found):
            raise self._client.not_its_own(_RULES)
        ours = _Live(tuple(found), {}).ours(groups)
        folders = sorted({rule["folderUID"] for rule in ours.values()})
        return _Live(tuple(found), {uid: title(self._client, uid) for uid in folders})

    def _changes(self, group: Group, groups: Sequence[Group], live: _Live) -> list[Change]:
        changes = list(compare(group, live.ours(groups), live.titles))
        home = live.home(group.folder)
        if home is not None:
            answer = self._client.ask("GET", _path(home, group), understood=(200, 404))
            if answer.status == 200 and isinstance(answer.data, dict):
                changes += compare_group(group, answer.data)
        return changes

    def _put(self, group: Group, live: _Live) -> str:
        home = live.home(group.folder) or found_or_made(self._client, group.folder)
        others = [
            rule["title"]
            for rule in live.rules
            if rule["folderUID"] == home
            and rule["ruleGroup"] == group.name
            and rule["uid"] not in group.uids
        ]
        if others:
            return (
                f"alert rule group {group.name}: not touched, to put it would delete what is not "
                f"ours in it: {', '.join(others)}"
            )
        # Without X-Disable-Provenance: Git is where they change, so Grafana's pages show them
        # as provisioned and do not edit them.
        self._client.ask("PUT", _path(home, group), body=group.body(home))
        return f"alert rule group {group.name}: put, {len(group.rules)} rules"


def _is_rule(rule: Any) -> bool:
    needed = {"uid", "title", "folderUID", "ruleGroup"}
    return isinstance(rule, dict) and needed <= rule.keys()


def _path(folder_uid: str, group: Group) -> str:
    place = f"{quote(folder_uid, safe='')}/rule-groups/{quote(group.name, safe='')}"
    return f"/api/v1/provisioning/folder/{place}"
