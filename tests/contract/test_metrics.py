from contract.metrics import FAMILIES, LATENCY_BUCKETS, Component, Outcome


def test_the_families_are_the_contracts_by_name_type_and_labels() -> None:
    label_set = ("component", "provider", "model")
    assert [(family.name, family.type, family.labels) for family in FAMILIES] == [
        ("compozy_llm_prompt_tokens_total", "counter", label_set),
        ("compozy_llm_completion_tokens_total", "counter", label_set),
        ("compozy_llm_usage_events_total", "counter", (*label_set, "outcome")),
        ("compozy_llm_usage_failures_total", "counter", label_set),
        ("compozy_llm_usage_latency_seconds", "histogram", (*label_set, "outcome")),
    ]


def test_the_buckets_are_the_contracts() -> None:
    wanted = "0.001 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10"
    assert " ".join(f"{bound:g}" for bound in LATENCY_BUCKETS) == wanted


def test_the_label_values_are_the_contracts() -> None:
    assert list(Component) == ["workflow", "task", "agent"]
    assert list(Outcome) == ["success", "failure"]
