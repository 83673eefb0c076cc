"""The five metric families on Compozy's `/metrics`: names, types, labels, help texts, buckets.

Source: Compozy's emitter (Go, OpenTelemetry's Prometheus exporter), as fixed in the contract.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Label(StrEnum):
    """Labels of the series themselves."""

    COMPONENT = "component"
    PROVIDER = "provider"
    MODEL = "model"
    OUTCOME = "outcome"


class TargetLabel(StrEnum):
    """Labels that Prometheus adds when it scrapes; together they identify a target."""

    JOB = "job"
    INSTANCE = "instance"


class Component(StrEnum):
    """The part of Compozy that an execution belongs to: values of the label `component`."""

    WORKFLOW = "workflow"
    TASK = "task"
    AGENT = "agent"


class Outcome(StrEnum):
    """How a flush ended: values of the label `outcome`."""

    SUCCESS = "success"
    FAILURE = "failure"


USAGE_LABELS = (Label.COMPONENT, Label.PROVIDER, Label.MODEL)
"""The labels by which most alerts fire: one component on one provider's model."""

UNKNOWN = "unknown"
"""The label value that replaces an empty provider or model."""

SCOPE_LABELS = {"otel_scope_name": "compozy", "otel_scope_version": ""}
"""Labels that OpenTelemetry's exporter adds to each series: Compozy's meter is named `compozy` and
has no version. Prometheus drops a label with an empty value."""

BUCKET = "le"
"""The label of a histogram's bucket: its upper bound in seconds."""

LATENCY_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds; +Inf is implied."""


@dataclass(frozen=True, eq=False)
class Family:
    """One metric family: `name` as on `/metrics`, for a histogram without its suffixes."""

    name: str
    labels: tuple[Label, ...]
    help: str
    type: Literal["counter", "histogram"] = "counter"


PROMPT_TOKENS = Family(
    "compozy_llm_prompt_tokens_total",
    USAGE_LABELS,
    "Total prompt tokens recorded for LLM executions",
)
COMPLETION_TOKENS = Family(
    "compozy_llm_completion_tokens_total",
    USAGE_LABELS,
    "Total completion tokens recorded for LLM executions",
)
USAGE_EVENTS = Family(
    "compozy_llm_usage_events_total",
    (*USAGE_LABELS, Label.OUTCOME),
    "Total LLM usage events processed by collectors",
)
USAGE_FAILURES = Family(
    "compozy_llm_usage_failures_total",
    USAGE_LABELS,
    "Total LLM usage persistence failures",
)
USAGE_LATENCY = Family(
    "compozy_llm_usage_latency_seconds",
    (*USAGE_LABELS, Label.OUTCOME),
    "Histogram of LLM usage persistence latency",
    "histogram",
)

USAGE_BUCKETS = f"{USAGE_LATENCY.name}_bucket"
"""The name of the latency's buckets, each with its bound as the label `BUCKET`."""

FAMILIES = (PROMPT_TOKENS, COMPLETION_TOKENS, USAGE_EVENTS, USAGE_FAILURES, USAGE_LATENCY)
