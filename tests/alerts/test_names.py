"""What records are called: a name tells the labels and windows of its configuration."""

import re

import pytest

from alerts.model import RecordingRule
from config import Config
from config.file import load
from delivery.targets import groups
from tests.config.example import OTHER

_USAGE = "component_provider_model:compozy_llm"


def _records(config: Config) -> list[str]:
    rules = (rule for group in groups(config) for rule in group.rules)
    return [rule.record for rule in rules if isinstance(rule, RecordingRule)]


@pytest.mark.parametrize("record", [*_records(Config()), *_records(load(OTHER))])
def test_a_record_is_named_level_metric_operation(record: str) -> None:
    assert re.fullmatch(r"[a-z_]+:compozy_llm_[a-z_]+:[a-z]+[a-z0-9_]*", record)


def test_under_the_contracts_values_the_names_are_the_contracts_each_once() -> None:
    assert _records(Config()) == [
        f"{_USAGE}_usage_failures:increase1m",
        f"{_USAGE}_usage_events:increase1m",
        f"{_USAGE}_prompt_tokens:increase1m",
        f"{_USAGE}_completion_tokens:increase1m",
        f"{_USAGE}_tokens:increase1m",
        f"{_USAGE}_tokens:increase15m",
        f"{_USAGE}_tokens:increase15m_avg24h",
        "component:compozy_llm_usage_events:increase1m",
        f"{_USAGE}_usage_failures:increase15m",
        f"{_USAGE}_usage_events:increase15m",
        f"{_USAGE}_prompt_tokens:increase15m",
        f"{_USAGE}_completion_tokens:increase15m",
        "component_provider_model_le:compozy_llm_usage_latency_seconds_bucket:increase1m",
        "component_provider_model_le:compozy_llm_usage_latency_seconds_bucket:rate5m",
    ]


def test_under_other_values_a_name_tells_their_labels_and_windows() -> None:
    system = f"cluster_namespace_{_USAGE}"
    assert {
        f"{system}_usage_failures:increase1m",
        "cluster_namespace_component:compozy_llm_usage_events:increase1m",
        f"{system}_tokens:increase20m",
        f"{system}_tokens:increase20m_avg4h",
        f"{system}_usage_events:increase10m",
        f"{system}_prompt_tokens:increase20m",
        f"{system}_usage_latency_seconds_bucket:rate6m".replace("model:", "model_le:"),
    } <= set(_records(load(OTHER)))
