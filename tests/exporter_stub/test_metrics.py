from contract.metrics import FAMILIES, LATENCY_BUCKETS, Component
from exporter_stub.catalogue import load_catalogue
from exporter_stub.executions import Usage
from exporter_stub.metrics import UsageMetrics
from tests.exporter_stub.conftest import SetClock
from tests.exporter_stub.parsing import samples
from tools.promtool import Promtool

USAGE = Usage(Component.AGENT, "openai", "m", 100, 10, task_exec_id="t1")
PAIR = {"component": "agent", "provider": "openai", "model": "m"}
SCOPE = {"otel_scope_name": "compozy", "otel_scope_version": ""}


def _text(metrics: UsageMetrics) -> str:
    return "".join(metrics.exposition(openmetrics=False))


def test_the_families_have_the_contracts_names_types_and_help(metrics: UsageMetrics) -> None:
    metrics.record_success(USAGE, 0.02)
    metrics.record_failure(USAGE, 0.02)
    for family in FAMILIES:
        assert f"# HELP {family.name} {family.help}\n" in _text(metrics)
        assert f"# TYPE {family.name} {family.type}\n" in _text(metrics)


def test_no_series_exists_before_its_first_increment(metrics: UsageMetrics) -> None:
    assert set(samples(metrics)) == {"compozy_uptime_seconds", "compozy_build_info"}


def test_a_success_adds_tokens_an_event_and_a_latency_and_no_failures_series(
    metrics: UsageMetrics,
) -> None:
    metrics.record_success(USAGE, 0.02)
    found = samples(metrics)
    labels = {**PAIR, **SCOPE}
    assert found["compozy_llm_prompt_tokens_total"] == [(labels, 100)]
    assert found["compozy_llm_completion_tokens_total"] == [(labels, 10)]
    assert found["compozy_llm_usage_events_total"] == [({**labels, "outcome": "success"}, 1)]
    assert "compozy_llm_usage_failures_total" not in found


def test_a_failure_adds_a_failure_an_event_and_a_latency_and_no_tokens(
    metrics: UsageMetrics,
) -> None:
    metrics.record_failure(USAGE, 0.02)
    found = samples(metrics)
    failed = {**PAIR, **SCOPE, "outcome": "failure"}
    assert found["compozy_llm_usage_failures_total"] == [({**PAIR, **SCOPE}, 1)]
    assert found["compozy_llm_usage_events_total"] == [(failed, 1)]
    assert found["compozy_llm_usage_latency_seconds_sum"] == [(failed, 0.02)]
    assert not any("tokens" in name for name in found)


def test_there_are_no_created_series(metrics: UsageMetrics) -> None:
    metrics.record_success(USAGE, 0.02)
    assert "_created" not in _text(metrics)


def test_a_count_of_zero_tokens_brings_no_series_to_life(metrics: UsageMetrics) -> None:
    metrics.record_success(Usage(Component.TASK, "o", "e", 50, 0, task_exec_id="t1"), 0.02)
    assert "prompt_tokens_total{" in _text(metrics)
    assert "completion_tokens_total{" not in _text(metrics)


def test_an_empty_provider_or_model_is_unknown(metrics: UsageMetrics) -> None:
    metrics.record_success(Usage(Component.TASK, "", "", 1, 1, task_exec_id="t1"), 0.02)
    assert 'provider="unknown",model="unknown"' in _text(metrics)


def test_a_latency_falls_into_the_contracts_buckets_its_bound_included(
    metrics: UsageMetrics,
) -> None:
    for seconds in (0.0005, 0.01, 0.010001, 60):
        metrics.record_success(USAGE, seconds)
    found = samples(metrics)
    buckets = found["compozy_llm_usage_latency_seconds_bucket"]
    assert [labels["le"] for labels, _ in buckets] == [*map(str, LATENCY_BUCKETS), "+Inf"]
    assert [value for _, value in buckets] == [1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]
    ((_, count),) = found["compozy_llm_usage_latency_seconds_count"]
    assert count == 4


def test_a_restart_takes_all_series_and_the_uptime_back(
    metrics: UsageMetrics, clock: SetClock
) -> None:
    metrics.record_success(USAGE, 0.02)
    clock.time += 90
    assert samples(metrics)["compozy_uptime_seconds"] == [({}, 90)]
    metrics.reset()
    clock.time += 1
    found = samples(metrics)
    assert found["compozy_uptime_seconds"] == [({}, 1)]
    assert "compozy_llm_usage_events_total" not in found


def test_series_that_are_initialised_stand_at_zero_and_none_completes_without_tokens(
    metrics: UsageMetrics,
) -> None:
    catalogue = load_catalogue()
    metrics.initialise(catalogue)
    found = samples(metrics)
    values = [value for name in found if "llm" in name for _, value in found[name]]
    assert set(values) == {0}
    pairs = 3 * len(catalogue.models)
    assert len(found["compozy_llm_prompt_tokens_total"]) == pairs
    assert len(found["compozy_llm_completion_tokens_total"]) == pairs - 3
    assert len(found["compozy_llm_usage_failures_total"]) == pairs
    assert len(found["compozy_llm_usage_events_total"]) == 2 * pairs
    assert len(found["compozy_llm_usage_latency_seconds_count"]) == 2 * pairs


def test_promtool_finds_no_fault_with_them(metrics: UsageMetrics) -> None:
    metrics.record_success(USAGE, 0.02)
    metrics.record_failure(USAGE, 0.02)
    Promtool.found().check_metrics(_text(metrics))
