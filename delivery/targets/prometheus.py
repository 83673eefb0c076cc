"""The rule file, as Prometheus and Thanos' ruler load it."""

from typing import Any

from alerts import rule_groups
from alerts.model import RuleGroup
from config import Config
from config.naming import named
from delivery.render import to_yaml
from delivery.targets.files import CLUSTER, Files

ALERTS = CLUSTER / "grafana/alerts/llm-usage-alerts.yaml"

COMMENT = "Source: alerts/. Meaning of each alert: docs/runbooks/."
"""What every file with the rules says of where they come from."""


def groups(config: Config) -> list[RuleGroup]:
    """All groups of the rule file: the alerts', and what only panels read."""
    found: list[RuleGroup] = named(rule_groups(config), config)
    return found


def body(config: Config) -> dict[str, Any]:
    """The groups as every ruler's format has them, below the key `groups`."""
    return {"groups": [group.to_dict() for group in groups(config)]}


def rule_file(config: Config) -> str:
    """The text of the rule file, whichever targets are chosen."""
    return to_yaml(body(config), comment=COMMENT)


def files(config: Config) -> Files:
    """The rule file."""
    return {ALERTS: rule_file(config)}
