"""Names of rules, dashboards and addresses that more than one room uses."""

from enum import StrEnum


class AlertName(StrEnum):
    """The three alerts; each has a page `docs/runbooks/<name>.md`."""

    FAILURES = "LLMUsageIngestionFailuresCritical"
    TOKEN_SPIKE = "LLMUsageTokenSpikeWarning"  # noqa: S105  # a name, no secret
    ZERO_TRAFFIC = "LLMUsageZeroTrafficWarning"


class Record(StrEnum):
    """Recording rules, named level:metric:operation."""

    FAILURES_1M = "component_provider_model:compozy_llm_usage_failures:increase1m"
    EVENTS_1M = "component_provider_model:compozy_llm_usage_events:increase1m"
    PROMPT_TOKENS_1M = "component_provider_model:compozy_llm_prompt_tokens:increase1m"
    COMPLETION_TOKENS_1M = "component_provider_model:compozy_llm_completion_tokens:increase1m"
    TOKENS_1M = "component_provider_model:compozy_llm_tokens:increase1m"
    TOKENS_15M = "component_provider_model:compozy_llm_tokens:increase15m"
    TOKENS_BASELINE = "component_provider_model:compozy_llm_tokens:increase15m_avg24h"
    ACTIVITY_1M = "component:compozy_llm_usage_events:increase1m"


class PanelRecord(StrEnum):
    """Recording rules that only the dashboard's panels read, named alike."""

    FAILURES_15M = "component_provider_model:compozy_llm_usage_failures:increase15m"
    EVENTS_15M = "component_provider_model:compozy_llm_usage_events:increase15m"
    PROMPT_TOKENS_15M = "component_provider_model:compozy_llm_prompt_tokens:increase15m"
    COMPLETION_TOKENS_15M = "component_provider_model:compozy_llm_completion_tokens:increase15m"
    LATENCY_1M = "component_provider_model_le:compozy_llm_usage_latency_seconds_bucket:increase1m"
    LATENCY_5M = "component_provider_model_le:compozy_llm_usage_latency_seconds_bucket:rate5m"


RULE_GROUP = "compozy-llm-usage"
"""The one rule group: its rules run in order, so each reads what the ones before it just wrote."""

DASHBOARD_RULE_GROUP = "compozy-llm-usage-dashboard"
"""Records that only panels read; a group of its own, so that the alerts never wait for it."""

DASHBOARD_UID = "compozy-monitoring"
DASHBOARD_TITLE = "compozy-monitoring"
ROW_TITLE = "LLM Usage Monitoring"
SERVICE = "compozy-llm-usage"
"""Value of the alerts' static label `service`."""
