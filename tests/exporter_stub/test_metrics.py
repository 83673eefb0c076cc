"""What a scrape reads of prometheus_client's collector, and promtool of its text."""

from dataclasses import replace

from prometheus_client import CollectorRegistry, generate_latest

from contract.metrics import BUCKET, FAMILIES, LATENCY_BUCKETS, Component, Outcome
from exporter_stub.catalogue import load_catalogue
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import Usage
from tools.locate import find
from tools.process import succeeded

USAGE = Usage("t1", Component.AGENT, "openai", "m", 100, 10, "w")
SCOPE = {"otel_scope_name": "compozy", "otel_scope_version": ""}
LABELS = {"component": "agent", "provider": "openai", "model": "m", **SCOPE}
Samples = dict[str, list[tuple[dict[str, str], float]]]


def _samples(metrics: UsageMetrics) -> Samples:
    """Labels and values by name."""
    found: Samples = {}
    for family in metrics.collect():
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_the_families_have_the_contracts_names_types_and_help(metrics: UsageMetrics) -> None:
    metrics.record(USAGE, Outcome.SUCCESS, 0.02)
    metrics.record(USAGE, Outcome.FAILURE, 0.02)
    registry = CollectorRegistry()
    registry.register(metrics)
    text = generate_latest(registry).decode()
    for family in FAMILIES:
        assert f"# HELP {family.name} {family.help}\n" in text
        assert f"# TYPE {family.name} {family.type}\n" in text
    succeeded([*find("promtool"), "check", "metrics"], input=text)


def test_a_success_adds_tokens_a_failure_adds_a_failure_and_each_an_event_and_a_latency(
    metrics: UsageMetrics,
) -> None:
    metrics.record(USAGE, Outcome.SUCCESS, 0.02)
    nameless = replace(USAGE, provider="", model="", completion_tokens=0)
    metrics.record(nameless, Outcome.SUCCESS, 0.02)
    metrics.record(replace(USAGE, component=Component.TASK), Outcome.FAILURE, 0.02)
    found, task = _samples(metrics), {**LABELS, "component": "task"}
    unknown = {**LABELS, "provider": "unknown", "model": "unknown"}
    assert found["compozy_llm_prompt_tokens_total"] == [(LABELS, 100), (unknown, 100)]
    assert found["compozy_llm_completion_tokens_total"] == [(LABELS, 10)]
    assert found["compozy_llm_usage_failures_total"] == [(task, 1)]
    flushed = [{**labels, "outcome": "success"} for labels in (LABELS, unknown)]
    flushed.append({**task, "outcome": "failure"})
    for name, value in (("events_total", 1), ("latency_seconds_sum", 0.02)):
        assert found[f"compozy_llm_usage_{name}"] == [(labels, value) for labels in flushed]


def test_a_latency_falls_into_the_contracts_buckets_its_bound_included(
    metrics: UsageMetrics,
) -> None:
    for seconds in (0.0005, 0.01, 0.010001, 60):
        metrics.record(USAGE, Outcome.SUCCESS, seconds)
    found = _samples(metrics)
    buckets = found["compozy_llm_usage_latency_seconds_bucket"]
    assert [float(labels[BUCKET]) for labels, _ in buckets] == [*LATENCY_BUCKETS, float("inf")]
    assert [value for _, value in buckets] == [1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]
    ((_, count),) = found["compozy_llm_usage_latency_seconds_count"]
    assert count == 4


def test_series_that_are_initialised_stand_at_zero_and_none_completes_without_tokens() -> None:
    catalogue = load_catalogue()
    found = _samples(UsageMetrics(catalogue))
    assert {value for samples in found.values() for _, value in samples} == {0}
    label_sets = 3 * len(catalogue.models)
    assert {name.removeprefix("compozy_llm_"): len(samples) for name, samples in found.items()} == {
        "prompt_tokens_total": label_sets,
        "completion_tokens_total": label_sets - 3,
        "usage_failures_total": label_sets,
        "usage_events_total": 2 * label_sets,
        "usage_latency_seconds_bucket": 2 * 13 * label_sets,
        "usage_latency_seconds_sum": 2 * label_sets,
        "usage_latency_seconds_count": 2 * label_sets,
    }
