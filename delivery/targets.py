"""The index of generated files: a new output is one entry here."""

from pathlib import PurePosixPath

from alerts import rule_groups
from alerts.model import RecordingRule, RuleGroup
from contract.config import Config
from contract.names import DASHBOARD_RULE_GROUP
from dashboards import dashboards
from dashboards.records import records
from delivery.render import to_json, to_yaml

ALERTS = PurePosixPath("cluster/grafana/alerts/llm-usage-alerts.yaml")
DASHBOARDS = PurePosixPath("cluster/grafana/dashboards")

RULES_COMMENT = "Source: alerts/, dashboards/records.py. Meaning of each alert: docs/runbooks/."


def groups(config: Config) -> list[RuleGroup]:
    """All groups of the rule file: the alerts', and what only panels read."""
    read = (RecordingRule(record, expr) for record, expr in records(config).items())
    panels = RuleGroup(DASHBOARD_RULE_GROUP, config.evaluation_interval, tuple(read))
    return [*rule_groups(config), panels]


def build(config: Config) -> dict[PurePosixPath, str]:
    """Every generated file's path below the checkout, and its text."""
    rules = {"groups": [group.to_dict() for group in groups(config)]}
    files = {ALERTS: to_yaml(rules, comment=RULES_COMMENT)}
    for dashboard in dashboards(config):
        files[DASHBOARDS / f"{dashboard['uid']}.json"] = to_json(dashboard)
    return files
