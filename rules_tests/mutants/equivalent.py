"""Mutants that no test can kill, each with the reason why it behaves like the built rules."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Equivalent:
    """Mutants by the pattern of their names, in which `*` stands for any text."""

    pattern: str
    reason: str

    def covers(self, name: str) -> bool:
        """Whether the mutant `name` is one of these."""
        # In a name, brackets are PromQL's.
        return fnmatchcase(name, self.pattern.replace("[", "[[]"))


_GROWTH = "component_provider_model:*:increase1m: "
_ACTIVITY = "component:*:increase1m: "
_TOKENS = "component_provider_model:compozy_llm_tokens:increase1m: "
_ZERO = "LLMUsageZeroTrafficWarning: "
_PRESENT = "only whether there is a sample matters, and not its value"
_EXISTS = "only whether any value is positive matters, and no value is negative"
_UP = "`up` is 0 or 1"
_EVENTS = 'compozy_llm_usage_events_total{component="workflow"}'
_OTHER_SIDE = "both sides have the label `component`, and the other side has workflows only"
_NEW = "a target that is new within the minute has no samples before it"
_RECENT = "what was there within two minutes is no hole, and its target is not new"

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        f"{_GROWTH}range doubled: compozy_*[1m] offset 10s",
        "the other operand has only samples of the minute",
    ),
    Equivalent(f"{_GROWTH}range doubled: compozy_*[1m] offset 10s #4", _NEW),
    Equivalent(f"{_ACTIVITY}range doubled: *[1m] offset 10s", _NEW),
    Equivalent(f"{_GROWTH}offset doubled: *[30m:10m] offset 1m10s", _RECENT),
    Equivalent(f"{_ACTIVITY}offset doubled: *[30m:5m] offset 1m10s", _RECENT),
    Equivalent(f"{_GROWTH}last_over_time to m??_over_time: *[2m15s] offset 1m10s)", _PRESENT),
    Equivalent(f"{_GROWTH}last_over_time to m??_over_time: *[30s] offset 10s)", _PRESENT),
    Equivalent(f"{_GROWTH}== to >=: m??_over_time(up[*] offset 1m10s) == 1", _UP),
    Equivalent(f"{_ACTIVITY}== to >=: max_over_time(up[6m] offset 1m10s) == 1", _UP),
    Equivalent(f"{_GROWTH}== to >=: up offset 1m10s == 1*", _UP),
    Equivalent(f"{_GROWTH}== to <=: up offset 10s == 0", _UP),
    Equivalent(
        f"{_GROWTH}> to !=: max_over_time(*[1m] offset 10s) > *",
        "a maximum is never below the last",
    ),
    Equivalent(
        f"{_GROWTH}<= to <: * offset 1m10s - ( max_over_time(*) > *) <= 0",
        "zero is subtracted in the last branch too",
    ),
    Equivalent(
        f"{_GROWTH}min to max: min by (job, instance) (sum_over_time(up[1m] offset 10s))",
        "a target has one `up`",
    ),
    Equivalent(
        f"{_GROWTH}< to !=: count_over_time(*) < *",
        "no series has more samples than its target has scrapes",
    ),
    Equivalent(f"{_TOKENS}sum to max: * ( last_over_time( *", "zero times anything is zero"),
    Equivalent(f"{_TOKENS}sum to count: * ( last_over_time( *", "zero times anything is zero"),
    Equivalent(
        f"{_ACTIVITY}last_over_time to max_over_time: *[1m] offset 10s)",
        "only whether it is above zero counts, and the last is not where no sample is",
    ),
    Equivalent(f"{_ACTIVITY}matcher without component: * offset 10s #2", _OTHER_SIDE),
    Equivalent(f"{_ACTIVITY}matcher without component: {_EVENTS}", _OTHER_SIDE),
    Equivalent(
        "LLMUsageIngestionFailuresCritical: for halved",
        "evaluated every minute, a `for` of up to a minute ends at the next evaluation",
    ),
    Equivalent(
        "LLMUsageIngestionFailuresCritical: > to >=: * offset 10s - * > 0*",
        "growth of nothing adds nothing, and equal sums are the same",
    ),
    Equivalent(f"{_ZERO}max to sum: *", _EXISTS),
    Equivalent(f"{_ZERO}sum_over_time to avg_over_time: *", _EXISTS),
    Equivalent(f"{_ZERO}sum_over_time to max_over_time: *", _EXISTS),
    Equivalent(f"{_ZERO}count to sum: *", _EXISTS),
    Equivalent(f"{_ZERO}matcher without component: {_EVENTS}", _OTHER_SIDE),
    Equivalent(f"{_ZERO}matcher without component: {_EVENTS} offset 30m", _OTHER_SIDE),
)
