"""Grafana's own rules, live and in Git: what differs, and what would be put. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync.bare import bare
from sync.changes import Change, leaves
from sync.durations import canonical, seconds

Json = dict[str, Any]

_TIMES = ("for", "keep_firing_for")
_COMPARED = (
    *("title", "condition", "data", "noDataState", "execErrState", *_TIMES),
    *("labels", "annotations", "isPaused", "record", "notification_settings"),
    "missingSeriesEvalsToResolve",
)
_NOT_OF_RECORDS = {"condition", "noDataState", "execErrState", "missingSeriesEvalsToResolve"}
"""What Grafana empties in a recording rule, whatever was sent."""
_GRAFANAS = {"intervalMs", "maxDataPoints"}
"""What it adds to each query."""


@dataclass(frozen=True)
class Group:
    """A group of the provisioning file; `rules` in the API's form, without their place."""

    name: str
    folder: str
    interval: int  # seconds
    rules: tuple[Json, ...]

    @property
    def uids(self) -> list[str]:
        """Of its rules, in their order."""
        return [rule["uid"] for rule in self.rules]

    @classmethod
    def of_file(cls, group: Mapping[str, Any]) -> "Group":
        """A group of the file that Grafana provisions alerting from."""
        return cls(
            name=_literal(group["name"]),
            folder=_literal(group["folder"]),
            interval=round(seconds(str(group["interval"])) or 0),
            rules=tuple(_of_file(rule) for rule in group["rules"]),
        )

    def body(self, folder_uid: str) -> Json:
        """What is put to the API, for the group to be as Git has it."""
        place = {"folderUID": folder_uid, "ruleGroup": self.name, "orgID": 1}
        rules = [{**rule, **place} for rule in self.rules]
        return {
            "title": self.name,
            "folderUid": folder_uid,
            "interval": self.interval,
            "rules": rules,
        }


def compare(group: Group, live: Mapping[str, Json], titles: Mapping[str, str]) -> Iterator[Change]:
    """What differs in the rules of `group`. `live`: by uid; `titles`: of folders, by theirs."""
    for rule in group.rules:
        thing = f"alert rule {rule['title']}"
        found = live.get(rule["uid"])
        if found is None:
            yield Change(thing, "is not there", git=_expressions(rule))
            continue
        folder = titles.get(found["folderUID"], found["folderUID"])
        for what, old, new in (
            ("folder", folder, group.folder),
            ("group", found["ruleGroup"], group.name),
        ):
            if old != new:
                yield Change(thing, what, old, new)
        for path, old, new in leaves(_normal(found), _normal(rule)):
            yield Change(thing, path, old, new)


def compare_group(group: Group, live: Json) -> Iterator[Change]:
    """What differs in `group` itself, of which the API gave `live`."""
    thing = f"alert rule group {group.name}"
    if live.get("interval") != group.interval:
        yield Change(thing, "interval", f"{live.get('interval')}s", f"{group.interval}s")
    rules = live.get("rules") or []
    ours = [rule["uid"] for rule in rules if rule["uid"] in group.uids]
    if ours != [uid for uid in group.uids if uid in ours]:
        yield Change(thing, "order of its rules", "\n".join(ours), "\n".join(group.uids))
    others = [rule for rule in rules if rule["uid"] not in group.uids]
    if others:
        yield Change(
            thing,
            "has rules that are not in Git (sync leaves the whole group as it is: move them)",
            live="\n".join(f"{rule['title']} ({rule['uid']})" for rule in others),
            mendable=False,
        )


def _of_file(rule: Mapping[str, Any]) -> Json:
    record = rule.get("record")
    made: Json = {
        "uid": rule["uid"],
        "title": _literal(rule["title"]),
        "condition": rule.get("condition", ""),
        "data": rule["data"],
        "noDataState": rule.get("noDataState", "NoData"),
        "execErrState": rule.get("execErrState", "Alerting"),
        "for": str(rule.get("for", "0s")),
        "keep_firing_for": str(rule.get("keepFiringFor", "0s")),
        "labels": {key: _literal(each) for key, each in (rule.get("labels") or {}).items()},
        "annotations": _annotations(rule),
        "isPaused": bool(rule.get("isPaused", False)),
        "notification_settings": rule.get("notification_settings"),
        "missingSeriesEvalsToResolve": rule.get("missing_series_evals_to_resolve"),
    }
    if record:
        made["record"] = {"metric": record["metric"], "from": record["from"]}
        if record.get("targetDatasourceUid"):
            made["record"]["target_datasource_uid"] = record["targetDatasourceUid"]
    return {key: each for key, each in made.items() if each is not None}


def _annotations(rule: Mapping[str, Any]) -> Json:
    """The file's, and its link to a panel, which the API takes as two of them."""
    made = dict(rule.get("annotations") or {})
    if rule.get("dashboardUid"):
        made["__dashboardUid__"] = str(rule["dashboardUid"])
        made["__panelId__"] = str(rule.get("panelId", 0))
    return made


def _literal(text: object) -> str:
    """What Grafana makes of a string of the file: $$ is a dollar that names no variable."""
    return str(text).replace("$$", "$")


def _normal(rule: Json) -> Json:
    kept = {key: rule[key] for key in _COMPARED if key in rule}
    if kept.get("record"):
        kept = {key: each for key, each in kept.items() if key not in _NOT_OF_RECORDS}
    for key in _TIMES:
        length = canonical(str(kept.pop(key, "") or "0s"))
        if length != "0s" and not kept.get("record"):
            kept[key] = length
    kept["data"] = [_query(query) for query in kept.get("data") or []]
    normal: Json = bare(kept)
    return normal


def _query(query: Json) -> Json:
    model = query.get("model") or {}
    return {**query, "model": {k: v for k, v in model.items() if k not in _GRAFANAS}}


def _expressions(rule: Json) -> str:
    models = [query.get("model") or {} for query in rule["data"]]
    return "\n".join(str(model.get("expr") or model.get("expression")) for model in models)
