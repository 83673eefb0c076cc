"""Mutants that no test can kill, each with the reason why it does what the built rules do."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Equivalent:
    """Mutants by the pattern of their names, in which `*` stands for any text."""

    pattern: str
    reason: str

    def covers(self, name: str) -> bool:
        """Whether the mutant `name` is one of these."""
        # Brackets are PromQL's here.
        return fnmatchcase(name, self.pattern.replace("[", "[[]"))


_GROWTH = "component_provider_model:*:increase1m: "
_ACTIVITY = "component:*:increase1m: "
_ZERO = "LLMUsageZeroTrafficWarning: "
_NOTHING_GAINED = "a series that gained nothing counts 0 in the last branch too; counters are whole"
_EXISTS = "only whether there is any counts, and of no negative numbers one is positive, or none"
_EVENTS = 'compozy_llm_usage_events_total{component="workflow"}'
_OTHER_SIDE = "both sides carry `component`, and the other one is of workflows only"

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(f"{_GROWTH}>= to >: * offset 10s - (*", _NOTHING_GAINED),
    Equivalent(f"{_GROWTH}0 to 1: * offset 10s - (*", _NOTHING_GAINED),
    Equivalent(
        "*:increase1m: 0 to 1: * offset 1m10s > 0 #2",
        "a series that stood at one is at one or more now, and counts in the branch before",
    ),
    Equivalent(f"{_GROWTH}== to >=: up offset 1m10s == 1", "`up` is 0 or 1"),
    Equivalent(f"{_GROWTH}? to /: 0 ? (*", "0 of anything positive is 0, times or divided"),
    Equivalent(f"{_ACTIVITY}matcher without component: * offset 1m10s*", _OTHER_SIDE),
    Equivalent(f"{_ACTIVITY}matcher without component: * offset 10s", _OTHER_SIDE),
    Equivalent(f"{_ACTIVITY}matcher without component: * offset 10s #3", _OTHER_SIDE),
    Equivalent(f"{_ACTIVITY}matcher without component: {_EVENTS}", _OTHER_SIDE),
    Equivalent(
        "LLMUsageIngestionFailuresCritical: for halved",
        "evaluated every minute, a hold of up to a minute ends at the next evaluation",
    ),
    Equivalent(f"{_ZERO}max to sum: *", _EXISTS),
    Equivalent(f"{_ZERO}sum_over_time to avg_over_time: *", _EXISTS),
    Equivalent(f"{_ZERO}sum_over_time to max_over_time: *", _EXISTS),
    Equivalent(f"{_ZERO}count to sum: *", _EXISTS),
    Equivalent(f"{_ZERO}matcher without component: {_EVENTS}", _OTHER_SIDE),
    Equivalent(f"{_ZERO}matcher without component: {_EVENTS} offset 30m", _OTHER_SIDE),
)
