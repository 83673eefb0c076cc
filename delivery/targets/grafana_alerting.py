"""The rules as Grafana-managed rules, for users without a ruler such as Prometheus.

Grafana loads the file from `provisioning/alerting/`. grafanalib has classes for it, but the loader
refuses their output: title, condition and data are one level too deep, and one state is spelt
differently. They also lack recording rules. So the format is written here.
docs/grafana-alerting.md says what Grafana needs, and what is different there.
"""

import hashlib
import re

from alerts.model import AlertingRule, RecordingRule, RuleGroup
from config import ALERT_NAMES, Config
from contract.document import Json
from contract.durations import promql_duration
from contract.metrics import Label
from dashboards.variables import BY_GRAFANA, flushes_record
from delivery.render import Files, to_yaml
from delivery.targets.grafana import PROVISIONING, literal
from delivery.targets.prometheus import COMMENT, groups

RULES = PROVISIONING / "alerting/llm-usage-alerts.yaml"

QUERY, CONDITION = "A", "B"
"""The reference ids in Grafana of the alert's value and of the condition on it."""

EVERY_SERIES = f"is_number(${QUERY}) || is_nan(${QUERY}) || is_inf(${QUERY})"
"""True for each series that the query returns, whatever its value, even 0, as in Prometheus."""

MISSING_EVALUATIONS = 1
"""An alert is resolved as soon as the query no longer returns its series, as in Prometheus. With
Grafana's default of 2 the alerts would clear later than documented."""

_EXPRESSIONS = "__expr__"
"""The uid of Grafana's data source for server-side expressions."""

_SECONDS_BACK = 600
"""Grafana requires a time range, although an instant query does not use it."""

_COMMENT = f"""\
{COMMENT}
For a Grafana that evaluates rules itself: docs/grafana-alerting.md. Where Prometheus has the rule
file, leave this out, or each alert is sent twice."""


def files(config: Config) -> Files:
    """The rules, alerting and recording, as one provisioning file."""
    document = {"apiVersion": 1, "groups": [_group(config, group) for group in groups(config)]}
    return {RULES: to_yaml(document, comment=_COMMENT)}


def uid(name: str) -> str:
    """The uid of a rule: an alert's name, or a digest of a record's name, which is too long.

    It depends only on the name, so that Grafana recognises a rule whatever else changes.
    """
    if name in ALERT_NAMES:
        return name
    return f"compozy-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def translated(template: str, alert: str) -> str:
    """An annotation of `alert`, translated from Prometheus' template language to Grafana's.

    In Grafana `$value` is a text of all values; labels, conditions and the functions that format
    numbers are the same. Grafana also renders annotations without labels and values: for the alert
    DatasourceError if the query fails, and at each evaluation at which it returns nothing.
    """
    if "{{" not in template:
        return template
    text = re.sub(r"\$value\b(?=[^{}]*\}\})", f"$values.{QUERY}.Value", template)
    known = f"if and $labels.{Label.COMPONENT} $values.{QUERY}"
    unknown = (
        f"{alert} cannot be evaluated: its query failed, or returned no data. See the data source, "
        "and the rule in Grafana for the error."
    )
    return f"{{{{ {known} }}}}{text}{{{{ else }}}}{unknown}{{{{ end }}}}"


def _group(config: Config, group: RuleGroup) -> Json:
    return {
        "orgId": 1,
        "name": literal(group.name),
        "folder": literal(config.dashboard.folder),
        "interval": promql_duration(group.interval),
        "rules": [
            _record(config, rule) if isinstance(rule, RecordingRule) else _alert(config, rule)
            for rule in group.rules
        ],
    }


def _record(config: Config, rule: RecordingRule) -> Json:
    return {
        "uid": uid(rule.record),
        "title": rule.record,
        "record": {
            "metric": rule.record,
            "from": QUERY,
            "targetDatasourceUid": config.datasource_uid,
        },
        "data": [_query(config, rule.expr)],
        **({"labels": BY_GRAFANA} if rule.record == flushes_record(config) else {}),
    }


def _alert(config: Config, rule: AlertingRule) -> Json:
    alert = config.alert(rule.alert)
    shown = {"__dashboardUid__": config.dashboard.uid, "__panelId__": str(alert.panel)}
    return {
        "uid": uid(rule.alert),
        "title": rule.alert,
        "condition": CONDITION,
        "data": [_query(config, alert.value(config)), _comparison(alert.limit)],
        "noDataState": alert.no_data,
        "execErrState": alert.error,
        "missing_series_evals_to_resolve": MISSING_EVALUATIONS,
        "for": promql_duration(rule.for_),
        # The loader expands any `$` in a label as a variable, but in an annotation only `${`.
        "labels": {name: literal(value) for name, value in rule.labels.items()},
        "annotations": {
            **{name: translated(text, rule.alert) for name, text in rule.annotations.items()},
            **shown,
        },
        "dashboardUid": config.dashboard.uid,
        "panelId": alert.panel,
    }


def _query(config: Config, expr: str) -> Json:
    """The expression as an instant query. The loader expands no variables in a model."""
    source = {"type": "prometheus", "uid": config.datasource_uid}
    asked = {"editorMode": "code", "expr": expr, "instant": True, "range": False}
    return _step(QUERY, source, asked)


def _comparison(above: float | None) -> Json:
    """The condition: the value is above the limit or, without a limit, there is any value."""
    if above is None:
        asked: Json = {"type": "math", "expression": EVERY_SERIES}
    else:
        limit = {"evaluator": {"type": "gt", "params": [above]}}
        asked = {"type": "threshold", "expression": QUERY, "conditions": [limit]}
    return _step(CONDITION, {"type": _EXPRESSIONS, "uid": _EXPRESSIONS}, asked)


def _step(ref: str, source: Json, asked: Json) -> Json:
    return {
        "refId": ref,
        "datasourceUid": source["uid"],
        "relativeTimeRange": {"from": _SECONDS_BACK, "to": 0},
        "model": {"refId": ref, "datasource": source, **asked},
    }
