"""A dashboard, and a group of Grafana's own rules as a provisioning file has it."""

from contract.document import Json

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
    "folder": "Compozy",
    "interval": "1m",
    "rules": [RECORD, ALERT],
}
