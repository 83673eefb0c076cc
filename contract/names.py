"""Names of rules, dashboards and addresses that more than one room uses."""

RULE_GROUP = "compozy-llm-usage"
"""The group of the alerts: its rules run in order, so each reads what earlier ones just wrote."""

DASHBOARD_RULE_GROUP = "compozy-llm-usage-dashboard"
"""The group of records that only panels read, separate so that the alerts never wait for it."""

ROW_TITLE = "LLM Usage Monitoring"
SERVICE = "compozy-llm-usage"
"""Value of the alerts' static label `service`."""
