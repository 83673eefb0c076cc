"""Mutants that no test can kill, each with the reason why it behaves like the built rules."""

from fnmatch import fnmatchcase

_GROWTH = "component_provider_model:*:increase1m: "
_ACTIVITY = "component:*:increase1m: "
_TOKENS = "component_provider_model:compozy_llm_tokens:increase1m: "
_ZERO = "LLMUsageZeroTrafficWarning: "
_EVENTS = 'compozy_llm_usage_events_total{component="workflow"}'

EQUIVALENT = (
    # The other operand has only samples of the minute.
    f"{_GROWTH}range doubled: compozy_*[1m] offset 10s",
    # A target that is new within the minute has no samples before it.
    f"{_GROWTH}range doubled: compozy_*[1m] offset 10s #4",
    f"{_ACTIVITY}range doubled: *[1m] offset 10s",
    f"{_ACTIVITY}range doubled: *[1m] offset 10s #2",
    # What was there within two minutes is no hole, and its target is not new.
    f"{_GROWTH}offset doubled: *[30m:10m] offset 1m10s",
    # Only whether there is a sample matters, and not its value.
    f"{_GROWTH}last_over_time to m??_over_time: *[2m:1m] offset 1m10s)",
    f"{_GROWTH}last_over_time to m??_over_time: *[30s] offset 10s)",
    # `up` is 0 or 1.
    f"{_GROWTH}== to >=: m??_over_time(up[*] offset *) == 1",
    f"{_ACTIVITY}== to >=: max_over_time(up[6m] offset 1m10s) == 1",
    f"{_GROWTH}== to >=: up offset 1m10s == 1*",
    f"{_GROWTH}== to <=: up offset 10s == 0",
    # A maximum is never below the last.
    f"{_GROWTH}> to !=: max_over_time(*[1m] offset 10s) > *",
    # Zero is subtracted in the last branch too.
    f"{_GROWTH}<= to <: * offset 1m10s - ( max_over_time(*) > *) <= 0",
    # A target has one `up`.
    f"{_GROWTH}min to max: min by (job, instance) (sum_over_time(up[1m] offset 10s))",
    # No series has more samples than its target has scrapes.
    f"{_GROWTH}< to !=: count_over_time(*) < *",
    # Zero times anything is zero.
    f"{_TOKENS}sum to max: * ( last_over_time( *",
    f"{_TOKENS}sum to count: * ( last_over_time( *",
    # Only whether it is above zero counts, and the last is not where no sample is.
    f"{_ACTIVITY}last_over_time to max_over_time: *[1m] offset 10s)",
    # Both sides have the label `component`, and the other side has workflows only.
    f"{_ACTIVITY}matcher without component: * offset 10s #2",
    f"{_ACTIVITY}matcher without component: {_EVENTS}",
    f"{_ZERO}matcher without component: {_EVENTS}",
    f"{_ZERO}matcher without component: {_EVENTS} offset 30m",
    # Evaluated every minute, a `for` of up to a minute ends at the next evaluation.
    "LLMUsageIngestionFailuresCritical: for halved",
    # Growth of nothing adds nothing, and equal sums are the same.
    "LLMUsageIngestionFailuresCritical: > to >=: * offset 10s - * > 0*",
    # Only whether any value is positive matters, and no value is negative.
    f"{_ZERO}max to sum: *",
    f"{_ZERO}sum_over_time to avg_over_time: *",
    f"{_ZERO}sum_over_time to max_over_time: *",
    f"{_ZERO}count to sum: *",
)
"""Patterns of mutants' names, in which `*` stands for any text."""


def covers(pattern: str, name: str) -> bool:
    """Whether the mutant `name` is one of those of `pattern`."""
    # In a name, brackets are PromQL's.
    return fnmatchcase(name, pattern.replace("[", "[[]"))
