from prometheus_client import CollectorRegistry, generate_latest

from contract.metrics import FAMILIES, LATENCY_BUCKETS, Component
from exporter_stub.executions import Usage
from exporter_stub.metrics import UsageMetrics
from tools.promtool import Promtool

USAGE = Usage(Component.AGENT, "openai", "m", 100, 10, task_exec_id="t1")
LABELS = 'component="agent",model="m",otel_scope_name="compozy",otel_scope_version=""'


def _exposition(*record: tuple[str, Usage]) -> str:
    registry = CollectorRegistry()
    metrics = UsageMetrics(registry)
    for outcome, usage in record:
        getattr(metrics, f"record_{outcome}")(usage, 0.02)
    return generate_latest(registry).decode()


def test_the_families_have_the_contracts_names_types_and_help() -> None:
    text = _exposition()
    for family in FAMILIES:
        assert f"# HELP {family.name} {family.help}\n" in text
        assert f"# TYPE {family.name} {family.type}\n" in text
    assert text.count("# TYPE") == len(FAMILIES)


def test_no_series_exists_before_its_first_increment() -> None:
    assert [line for line in _exposition().splitlines() if not line.startswith("#")] == []


def test_a_success_adds_tokens_an_event_and_a_latency_and_no_failures_series() -> None:
    text = _exposition(("success", USAGE))
    assert f'compozy_llm_prompt_tokens_total{{{LABELS},provider="openai"}} 100.0\n' in text
    assert f'compozy_llm_completion_tokens_total{{{LABELS},provider="openai"}} 10.0\n' in text
    event = f'compozy_llm_usage_events_total{{{LABELS},outcome="success",provider="openai"}} 1.0\n'
    assert event in text
    assert "compozy_llm_usage_failures_total{" not in text


def test_a_failure_adds_a_failure_an_event_and_a_latency_and_no_tokens() -> None:
    text = _exposition(("failure", USAGE))
    assert f'compozy_llm_usage_failures_total{{{LABELS},provider="openai"}} 1.0\n' in text
    event = f'compozy_llm_usage_events_total{{{LABELS},outcome="failure",provider="openai"}} 1.0\n'
    assert event in text
    assert f'usage_latency_seconds_sum{{{LABELS},outcome="failure",provider="openai"}} 0.02' in text
    assert "tokens_total{" not in text


def test_there_are_no_created_series() -> None:
    assert "_created" not in _exposition(("success", USAGE), ("failure", USAGE))


def test_a_count_of_zero_tokens_brings_no_series_to_life() -> None:
    embedding = Usage(Component.TASK, "openai", "embedding", 50, 0, task_exec_id="t1")
    text = _exposition(("success", embedding))
    assert "prompt_tokens_total{" in text
    assert "completion_tokens_total{" not in text


def test_an_empty_provider_or_model_is_unknown() -> None:
    text = _exposition(("success", Usage(Component.TASK, "", "", 1, 1, task_exec_id="t1")))
    assert 'model="unknown"' in text
    assert 'provider="unknown"' in text


def test_the_buckets_are_the_contracts() -> None:
    text = _exposition(("success", USAGE))
    bounds = [
        line.split('le="')[1].split('"')[0] for line in text.splitlines() if "_bucket{" in line
    ]
    assert bounds == [*map(str, LATENCY_BUCKETS), "+Inf"]


def test_promtool_finds_no_fault_with_them() -> None:
    Promtool.found().check_metrics(_exposition(("success", USAGE), ("failure", USAGE)))
