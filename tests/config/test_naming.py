from dataclasses import dataclass

from config import Config
from config.file import load
from config.naming import named
from contract.names import PanelRecord, Record
from tests.config.example import OTHER


def test_under_the_contracts_values_a_name_is_the_contracts() -> None:
    for record in (*Record, *PanelRecord):
        assert named(str(record), Config()) == str(record)


def test_a_name_tells_the_labels_and_windows_of_its_configuration() -> None:
    system = "cluster_namespace_component_provider_model:compozy_llm"
    wanted = {
        Record.FAILURES_1M: f"{system}_usage_failures:increase1m",
        Record.ACTIVITY_1M: "cluster_namespace_component:compozy_llm_usage_events:increase1m",
        Record.TOKENS_15M: f"{system}_tokens:increase20m",
        Record.TOKENS_BASELINE: f"{system}_tokens:increase20m_avg4h",
        PanelRecord.EVENTS_15M: f"{system}_usage_events:increase10m",
        PanelRecord.PROMPT_TOKENS_15M: f"{system}_prompt_tokens:increase20m",
        PanelRecord.LATENCY_5M: (
            "cluster_namespace_component_provider_model_le:"
            "compozy_llm_usage_latency_seconds_bucket:rate6m"
        ),
    }
    for record, name in wanted.items():
        assert named(str(record), load(OTHER)) == name


def test_every_text_of_a_value_is_named_and_nothing_else() -> None:
    @dataclass(frozen=True)
    class Rule:
        expr: str
        number: int

    value = {"a": [f"sum({Record.TOKENS_1M}[5m])", 1], "b": (Rule(str(Record.TOKENS_15M), 2),)}
    tokens = "cluster_namespace_component_provider_model:compozy_llm_tokens"
    assert named(value, load(OTHER)) == {
        "a": [f"sum({tokens}:increase1m[5m])", 1],
        "b": (Rule(f"{tokens}:increase20m", 2),),
    }
