"""Names of rules, dashboards and addresses that more than one room uses."""

from enum import StrEnum


class AlertName(StrEnum):
    """The three alerts; each has a page `docs/runbooks/<name>.md`."""

    FAILURES = "LLMUsageIngestionFailuresCritical"
    TOKEN_SPIKE = "LLMUsageTokenSpikeWarning"  # noqa: S105  # a name, no secret
    ZERO_TRAFFIC = "LLMUsageZeroTrafficWarning"


RULE_GROUP = "compozy-llm-usage"
"""The group of the alerts: its rules run in order, so each reads what earlier ones just wrote."""

DASHBOARD_RULE_GROUP = "compozy-llm-usage-dashboard"
"""The group of records that only panels read, separate so that the alerts never wait for it."""

DASHBOARD_UID = "compozy-monitoring"
DASHBOARD_TITLE = "compozy-monitoring"
ROW_TITLE = "LLM Usage Monitoring"
SERVICE = "compozy-llm-usage"
"""Value of the alerts' static label `service`."""
