"""The rule file, as Prometheus and Thanos' ruler load it."""

from dataclasses import replace
from datetime import timedelta

from alerts import panel_records
from alerts.model import RuleGroup
from config import Config
from contract.document import Json
from contract.durations import promql_duration
from contract.names import RULE_GROUP
from delivery.render import CLUSTER, Files, to_yaml

ALERTS = CLUSTER / "grafana/alerts/llm-usage-alerts.yaml"

COMMENT = "Source: alerts/. Meaning of each alert: docs/runbooks/."
"""The comment on their origin in every file with the rules."""


def groups(config: Config) -> list[RuleGroup]:
    """All groups of the rule file: that of the alerts, and that of the panels' records.

    In the first are the records that the alerts read, each once, and then the alerts.
    """
    alerts = config.alerts.values()
    records = {rule.record: rule for alert in alerts for rule in alert.records(config)}
    raised = (alert.rule(config, config.dashboard_url()) for alert in alerts)
    return [
        RuleGroup(RULE_GROUP, config.evaluation_interval, (*records.values(), *raised)),
        panel_records.group(
            config,
            coverage=config.dashboard.coverage_window,
            tokens=config.token_spike.window,
            latency=config.dashboard.rate_window,
        ),
    ]


def body(config: Config) -> Json:
    """The groups below the key `groups`, as in the file format of all rulers."""
    return {"groups": [group.to_dict() for group in groups(config)]}


def delayed_body(config: Config, field: str, delay: timedelta) -> Json:
    """The groups for a ruler that evaluates a group `delay` in the past if its key `field` says so.

    This replaces the offset by `settle` in each expression.
    """
    found = []
    for group in groups(replace(config, settle=timedelta(0))):
        made = group.to_dict()
        rules = made.pop("rules")
        found.append({**made, **({field: promql_duration(delay)} if delay else {}), "rules": rules})
    return {"groups": found}


def rule_file(config: Config) -> str:
    """The text of the rule file, whichever targets are configured."""
    return to_yaml(body(config), comment=COMMENT)


def files(config: Config) -> Files:
    """The rule file."""
    return {ALERTS: rule_file(config)}
