"""The index of generated files: a new output is one entry here."""

from pathlib import PurePosixPath

from alerts import rule_groups
from contract.config import Config
from dashboards import dashboards
from delivery.render import to_json, to_yaml

ALERTS = PurePosixPath("cluster/grafana/alerts/llm-usage-alerts.yaml")
DASHBOARDS = PurePosixPath("cluster/grafana/dashboards")

RULES_COMMENT = "Source: alerts/. Meaning of each alert: docs/runbooks/."


def build(config: Config) -> dict[PurePosixPath, str]:
    """Every generated file's path below the checkout, and its text."""
    groups = {"groups": [group.to_dict() for group in rule_groups(config)]}
    files = {ALERTS: to_yaml(groups, comment=RULES_COMMENT)}
    for dashboard in dashboards(config):
        files[DASHBOARDS / f"{dashboard['uid']}.json"] = to_json(dashboard)
    return files
