"""Nine members of a system over 26 hours with all normal behaviour: no alert fires."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from config import Config
from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Component,
)
from delivery.targets import rule_file
from rules_tests.case import HOUR, MINUTE, Case, Scrape, Series, label_set, up
from rules_tests.promtool_files import NamedTest

SPAN = 26 * HOUR
FAILING = 0.005
"""Share of flushes that fail: half of what the failures alert allows."""
_SIZES = Random(24).choices((1, 10), (9, 1), k=1000)  # noqa: S311  # traffic, no secrets
"""How large the executions are: one in ten uses ten times the tokens of the others. Where they are
sparse, a spike alert fires that has no `for`, a factor of 2.4, or an average over 3 hours."""
_USED = list(accumulate(_SIZES, initial=0))


def _tokens(each: int, executions: int) -> int:
    """The sum over the first `executions`, of which a small one uses `each`; the sizes repeat."""
    rounds, rest = divmod(executions, len(_SIZES))
    return each * (rounds * _USED[-1] + _USED[rest])


@dataclass(frozen=True)
class Member:
    """One component on one model in one replica, and its load."""

    component: Component
    model: str
    instance: str
    per_minute: float
    begin: int = 0
    end: int = SPAN
    swing: float = 0.0  # share by which day and night differ from the average
    noise: float = 0.2
    failing: float = FAILING
    lifetime: int = 0  # what each counter stood at when observation began
    reset: int = SPAN + 1

    def series(self, seed: int) -> list[Series]:
        """The series of this member."""
        rng = Random(seed)  # noqa: S311  # traffic, no secrets
        minutes = range(SPAN // MINUTE + 1)
        attempts = list(accumulate(self._events(rng, minute) for minute in minutes))
        failed = [int(count * self.failing) for count in attempts]
        succeeded = [count - lost for count, lost in zip(attempts, failed, strict=True)]
        return [
            self._counted(USAGE_EVENTS.name, succeeded, outcome="success"),
            self._counted(USAGE_EVENTS.name, failed, outcome="failure"),
            self._counted(USAGE_FAILURES.name, failed),
            self._counted(PROMPT_TOKENS.name, [_tokens(1000, count) for count in succeeded]),
            self._counted(COMPLETION_TOKENS.name, [_tokens(100, count) for count in succeeded]),
        ]

    def _events(self, rng: Random, minute: int) -> int:
        if self.per_minute < 1:
            return int(rng.random() < self.per_minute)
        load = 1 - self.swing * math.cos(2 * math.pi * minute / (24 * 60))
        return max(0, round(self.per_minute * load * rng.gauss(1, self.noise)))

    def _counted(self, name: str, counts: Sequence[int], **labels: str) -> Series:
        def at(second: int) -> float | None:
            if not self.begin <= second < self.end:
                return None
            since = self.reset if second >= self.reset else self.begin
            lifetime = 0 if second >= self.reset else self.lifetime
            return lifetime + counts[second // MINUTE] - counts[since // MINUTE] or None

        own = label_set(self.component, self.model)
        return Series(name, {**_target(self.instance), **own, **labels}, at)


MEMBERS = [
    Member(Component.WORKFLOW, "gpt-4o-mini", "a:5001", 60, lifetime=900_000, reset=9 * HOUR),
    Member(Component.WORKFLOW, "gpt-4o-mini", "c:5001", 60, end=14 * HOUR),
    Member(Component.WORKFLOW, "gpt-4o-mini", "d:5001", 60, begin=14 * HOUR + 120),
    Member(Component.WORKFLOW, "gpt-4o", "a:5001", 0.5, failing=0),  # sparse
    Member(Component.TASK, "text-embedding-3-small", "a:5001", 300, swing=0.6, failing=0),
    Member(Component.AGENT, "gpt-4o-mini", "a:5001", 400, swing=0.6, noise=0.3, lifetime=2_000_000),
    Member(Component.AGENT, "gpt-4o-mini", "b:5001", 400, swing=0.6, reset=20 * HOUR),
    Member(Component.AGENT, "gpt-4o", "a:5001", 500, begin=6 * HOUR),  # a new model
    Member(Component.AGENT, "o3", "a:5001", 0, lifetime=70_000),  # idle, with old counts
]


def _target(instance: str) -> dict[str, str]:
    return {"job": "compozy", "instance": instance}


def healthy_day_tests() -> Iterator[NamedTest]:
    """The one test: no alert fires at any time."""
    stays, goes, comes = (0, SPAN + 1), (0, 14 * HOUR), (14 * HOUR, SPAN + 1)
    spans = {"a:5001": stays, "b:5001": stays, "c:5001": goes, "d:5001": comes}
    targets = [up(_target(instance), *span) for instance, span in spans.items()]
    members = [series for seed, member in enumerate(MEMBERS) for series in member.series(seed)]
    name = "nothing fires over 26 healthy hours of nine members"
    case = Case(name, Scrape(60), [*targets, *members])
    case.quiet(0, SPAN)
    yield case.test(__file__, rule_file(Config()))
