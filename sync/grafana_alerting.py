"""Compare Grafana-managed alert rules with the checkout's, and replace the groups that differ.

This is done only if one of our rules is live already, or with GRAFANA_ALERTS=yes: together with a
Prometheus that evaluates the same rules they would send each alert twice.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, Field, TypeAdapter

from contract.document import Document, Json, Texts
from contract.durations import Duration, seconds
from delivery import grafana_versions
from delivery.targets.grafana import expanded
from delivery.targets.grafana_alerting import RULES
from sync.client import Client
from sync.comparison import Length, Part, Thing, differences, read
from sync.grafana import folder_found_or_made, folders, read_again, too_old_for, without_defaults

_PATH = "/api/v1/provisioning/alert-rules"
_OPEN = {"", "api"}
"""Provenances of rules that the API may change: none, and its own."""
_SET_BY_PEOPLE = ("isPaused", "keep_firing_for", "notification_settings")
"""Keys that are compared even if Git has none. All other keys are Grafana's, if Git has none."""
_API_DEFAULTS = {"condition": "", "noDataState": "NoData", "execErrState": "Alerting", "for": "0s"}
"""Keys that the API requires of every rule, but Grafana clears them in a recording rule."""
_NONE_IS_OURS = (
    "alert rules: none of ours is in this Grafana, so none is compared "
    "(GRAFANA_ALERTS=yes compares them, for a Grafana that evaluates them itself)"
)
_SET_BY_GRAFANA = {"intervalMs", "maxDataPoints"}
"""Keys that Grafana adds to each query."""


def _asked(model: Json) -> Json:
    return {key: each for key, each in model.items() if key not in _SET_BY_GRAFANA}


_Expanded = Annotated[str, AfterValidator(expanded)]


class _Query(Document):
    model: Annotated[Json, AfterValidator(_asked)] = Field(default_factory=dict)


class _Rule(Document):
    uid: str
    title: str
    data: tuple[_Query, ...] = ()
    labels: Texts
    for_: Length = Field("0s", alias="for")
    keep_firing_for: Length = "0s"

    def as_json(self) -> Json:
        """The rule in the API's form, without what is at its default."""
        links = {"dashboardUid", "panelId"}  # which only files have
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=links)


class LiveRule(_Rule):
    """A rule of the API."""

    folderUID: str  # noqa: N815  # Grafana's name
    ruleGroup: str  # noqa: N815  # Grafana's name
    provenance: str = ""


Rules = list[LiveRule]


class _Record(Document):
    targetDatasourceUid: str = Field(serialization_alias="target_datasource_uid")  # noqa: N815


class FileRule(_Rule):
    """A rule of the file; the API spells some keys otherwise, and links to no panel."""

    title: _Expanded
    labels: Annotated[dict[str, _Expanded], Field(default_factory=dict)]
    record: _Record | None = None
    missing_series_evals_to_resolve: int | None = Field(
        None, serialization_alias="missingSeriesEvalsToResolve"
    )


class Group(Document):
    """A group of the provisioning file."""

    name: _Expanded
    folder: _Expanded
    interval: Duration
    rules: tuple[FileRule, ...]

    def placed(self, folder: str | None) -> dict[str, Json]:
        """Its rules in the API's form by uid, in the folder with that uid."""
        place = {"folderUID": folder, "ruleGroup": self.name}
        return {rule.uid: {**rule.as_json(), **place} for rule in self.rules}

    def has(self, rule: LiveRule) -> bool:
        """Whether a live rule is one of its own."""
        return rule.uid in {each.uid for each in self.rules}


class _File(Document):
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]


class _LiveGroup(Document):
    interval: int
    rules: tuple[_Rule, ...] = ()


def parts(client: Client, root: Path, *, wanted: bool) -> Iterator[Part]:
    """Compare group by group, by the provisioning API; none if the checkout has no such file.

    `wanted` says whether to compare even if no rule of ours is live. Raises LiveError or
    ConfigError.
    """
    if not (root / RULES).exists():
        return
    groups = read(root, RULES, _File.model_validate).groups
    status, answer = client.ask("GET", _PATH, understood=() if wanted else (200, 403))
    if status == 403:
        yield Part(notes=["alert rules: not compared, as this user may not read them (403)"])
        return
    rules = client.read(_PATH, answer, TypeAdapter(Rules).validate_python)
    if not (wanted or any(group.has(rule) for group in groups for rule in rules)):
        yield Part(notes=[_NONE_IS_OURS])
        return
    yield Part(notes=too_old_for(client, grafana_versions.RULES))
    places = folders(client)
    for group in groups:
        folder = places.get(group.folder)
        place = (folder, group.name)
        there = [it for it in rules if group.has(it) or (it.folderUID, it.ruleGroup) == place]
        asked = (client, group, there, folder)
        yield Part(list(_changes(*asked)), partial(_apply, *asked))


def _changes(client: Client, group: Group, there: Rules, folder: str | None) -> Iterator[str]:
    """The differences in the rules of `group`, and in the group itself.

    `there` are the live rules that are its own or in its place, in the folder with that uid.
    """
    gits = group.placed(folder)
    lives, ours = [], [_thing(it, it.keys()) for it in gits.values()]
    for rule in there:
        found = rule.as_json()
        lives.append(_thing(found, {*gits.get(rule.uid, found), *_SET_BY_PEOPLE}))
    path = _group_path(folder or "", group)
    status, answer = client.ask("GET", path, understood=(200, 404)) if folder else (404, None)
    if status == 200:
        live = client.read(path, answer, _LiveGroup.model_validate)
        lives.append(_group_thing(group.name, live.interval, live.rules))
        ours.append(_group_thing(group.name, seconds(group.interval), group.rules))
    yield from differences(lives, ours, "sync leaves its whole group as it is until it is moved")


def _apply(client: Client, group: Group, there: Rules, folder: str | None) -> str:
    """Replace the group, unless it has rules that are not ours alone."""
    name = f"alert rule group {group.name}"
    owners = {rule.provenance for rule in there if group.has(rule)} - _OPEN
    if "file" in owners:
        return read_again(client, "alerting", name)
    if owners:
        return f"{name}: not touched, another tool owns them ({', '.join(sorted(owners))})"
    if others := [rule.title for rule in there if not group.has(rule)]:
        told = f"replacing it would delete rules that are not ours: {', '.join(others)}"
        return f"{name}: not touched, {told}"
    folder = folder_found_or_made(client, group.folder)
    # Without X-Disable-Provenance, so that Grafana marks the rules as provisioned and does not
    # let people edit them: they are changed in Git.
    body: Json = {"title": group.name, "folderUid": folder, "interval": seconds(group.interval)}
    body["rules"] = [{**_API_DEFAULTS, **it, "orgID": 1} for it in group.placed(folder).values()]
    client.ask("PUT", _group_path(folder, group), json=body)
    return f"{name}: replaced, {len(group.rules)} rules"


def _group_path(folder_uid: str, group: Group) -> str:
    place = f"{quote(folder_uid, safe='')}/rule-groups/{quote(group.name, safe='')}"
    return f"/api/v1/provisioning/folder/{place}"


def _group_thing(name: str, interval: int, rules: Iterable[_Rule]) -> Thing:
    ordered = {"rules": [rule.uid for rule in rules]}
    return Thing(f"alert rule group {name}", {"interval": f"{interval}s"}, ordered=ordered)


def _thing(rule: Json, keys: Collection[str]) -> Thing:
    """A rule in the form in which it is compared, with `keys` only."""
    kept = {key: rule[key] for key in keys if key in rule}
    models = [query.get("model", {}) for query in rule.get("data", ())]
    expressions = "\n".join(str(it.get("expr") or it.get("expression")) for it in models)
    return Thing(f"alert rule {rule['title']}", without_defaults(kept), expressions, rule["uid"])
