"""A stand-in for Grafana: the calls that sync makes, as Grafana's HTTP API documents them.

Beside it are a dashboard, and a group of Grafana's own rules as a provisioning file has it.

It shows that our requests are right. What Grafana really answers, the tests marked `docker` show.
"""

import copy
from dataclasses import dataclass, field
from urllib.parse import unquote

from flask import Request

from contract.document import Json
from tests.standin import Reply, StandIn

UID = "ours"
DASHBOARD: Json = {
    "uid": UID,
    "title": "Ours",
    "schemaVersion": 42,
    "panels": [
        {"id": 1, "type": "stat", "title": "One", "gridPos": {"h": 4, "w": 4, "x": 0, "y": 0}}
    ],
}
QUERY: Json = {
    "refId": "A",
    "datasourceUid": "prometheus",
    "relativeTimeRange": {"from": 600, "to": 0},
    "model": {"refId": "A", "expr": "up == 0", "instant": True},
}
ALERT: Json = {
    "uid": "alert",
    "title": "Alert",
    "condition": "A",
    "data": [QUERY],
    "noDataState": "OK",
    "execErrState": "Error",
    "missing_series_evals_to_resolve": 1,
    "for": "60s",
    "labels": {"severity": "critical", "cost": "5 $$"},
    "annotations": {"summary": "It is {{ $labels.job }}", "__panelId__": "1"},
    "dashboardUid": UID,
    "panelId": 1,
}
RECORD: Json = {
    "uid": "record",
    "title": "a:b:c",
    "record": {"metric": "a:b:c", "from": "A", "targetDatasourceUid": "prometheus"},
    "data": [QUERY],
}
GROUP: Json = {
    "orgId": 1,
    "name": "group/one",
    "folder": "Compozy $$1",
    "interval": "1m",
    "rules": [RECORD, ALERT],
}

NOT_FOUND: Reply = ({"message": "Not found"}, 404)


@dataclass
class Grafana(StandIn):
    """What it holds; dashboards whose uid is in `files` were provisioned."""

    dashboards: dict[str, Json] = field(default_factory=dict)
    dashboard_folders: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    folders: dict[str, str] = field(default_factory=dict)  # title by uid
    rules: dict[str, Json] = field(default_factory=dict)
    intervals: dict[tuple[str, str], int] = field(default_factory=dict)
    version: str = "12.4.0"
    edits: list[Json] = field(default_factory=list)  # by others, one just before each save
    refused: dict[tuple[str, str], Reply] = field(default_factory=dict)  # by method and path's end

    def __call__(self, asked: Request) -> Reply:
        """Answer as the API does."""
        path = asked.environ["REQUEST_URI"].partition("?")[0].strip("/")  # not yet unquoted
        parts = [unquote(part) for part in path.split("/")]
        for (method, end), reply in self.refused.items():
            if asked.method == method and path.endswith(end):
                return reply
        if parts[:3] == ["api", "v1", "provisioning"]:
            return self._alerting(asked, parts[3:])
        found: Reply = NOT_FOUND
        match (asked.method, parts[1:]):
            case ("GET", ["health"]):
                found = {"database": "ok", "version": self.version}
            case ("GET", ["dashboards", "uid", uid]):
                found = self._dashboard(uid)
            case ("POST", ["dashboards", "db"]):
                found = self._save(asked.json)
            case ("GET", ["folders"]):
                found = [{"uid": uid, "title": each} for uid, each in self.folders.items()]
            case ("POST", ["folders"]):
                uid = f"folder-{len(self.folders)}"
                self.folders[uid] = asked.json["title"]
                found = {"uid": uid, **asked.json}
            case ("POST", ["admin", "provisioning", kind, "reload"]):
                found = {"message": f"{kind} config reloaded"}
        return found

    def _alerting(self, asked: Request, parts: list[str]) -> Reply:
        match (asked.method, parts):
            case ("GET", ["alert-rules"]):
                return list(self.rules.values())
            case ("GET", ["folder", folder, "rule-groups", name]):
                return self._group(folder, name)
            case ("PUT", ["folder", folder, "rule-groups", name]):
                return self._put(folder, name, asked)
        return NOT_FOUND

    def _dashboard(self, uid: str) -> Reply:
        if uid not in self.dashboards:
            return NOT_FOUND
        folder = self.dashboard_folders.get(uid, "")
        meta = {"provisioned": uid in self.files, "folderUid": folder}
        return {"dashboard": self.dashboards[uid], "meta": meta}

    def _save(self, body: Json) -> Reply:
        uid = body["dashboard"]["uid"]
        if self.edits:
            edit = {**self.edits.pop(0), "version": self.dashboards[uid]["version"] + 1}
            self.dashboards[uid] |= edit
        version = self.dashboards.get(uid, {}).get("version", 0)
        if not body["overwrite"] and body["dashboard"].get("version", 0) != version:
            message = "The dashboard has been changed by someone else"
            return {"message": message, "status": "version-mismatch"}, 412
        version += 1
        self.dashboards[uid] = {**body["dashboard"], "id": 42, "version": version}
        self.dashboard_folders[uid] = body["folderUid"]
        return {"status": "success", "uid": uid, "version": version}

    def _in(self, folder: str, name: str) -> list[Json]:
        place = (folder, name)
        return [r for r in self.rules.values() if (r["folderUID"], r["ruleGroup"]) == place]

    def _group(self, folder: str, name: str) -> Reply:
        rules = self._in(folder, name)
        if not rules:
            return {"message": "rule group not found"}, 404
        interval = self.intervals[folder, name]
        return {"title": name, "folderUid": folder, "interval": interval, "rules": rules}

    def _put(self, folder: str, name: str, asked: Request) -> Reply:
        """Replace the group: what is in it and not in the body is deleted, as Grafana does."""
        for rule in self._in(folder, name):
            del self.rules[rule["uid"]]
        provenance = "" if "X-Disable-Provenance" in asked.headers else "api"
        for rule in copy.deepcopy(asked.json["rules"]):
            self.rules[rule["uid"]] = {**rule, **_filled(rule), "provenance": provenance}
        self.intervals[folder, name] = asked.json["interval"]
        return {"message": "put"}


def _filled(rule: Json) -> Json:
    """What Grafana adds to a rule, or takes away from a recording rule."""
    added: Json = {"id": 7, "updated": "2030-01-01T00:00:00Z", "notification_settings": None}
    added["keep_firing_for"] = ""
    for query in rule["data"]:
        query["queryType"] = ""
        query["model"] |= {"intervalMs": 1000, "maxDataPoints": 43200}
    if rule.get("record"):
        added |= {"condition": "", "noDataState": "", "execErrState": "", "for": "0s"}
    else:
        added |= {"record": None}
    return added
