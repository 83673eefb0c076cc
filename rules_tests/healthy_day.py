"""Twelve members of a system over 26 hours with all normal behaviour: no alert fires."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Component,
)
from rules_tests.case import HOUR, MINUTE, Case, Scrape, Series, Value
from rules_tests.promtool_files import NamedTest

SPAN = 26 * HOUR
FAILING = 0.005
"""Share of flushes that fail: half of what the failures alert allows."""


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
    completes: bool = True
    lifetime: int = 0  # flushes that were counted before
    reset: int = SPAN + 1

    @property
    def labels(self) -> dict[str, str]:
        """The labels of all its series."""
        return {
            "job": "compozy",
            "instance": self.instance,
            "component": self.component,
            "provider": "openai",
            "model": self.model,
        }

    def series(self, seed: int) -> list[Series]:
        """The series of this member."""
        events = self._events(random.Random(seed))  # noqa: S311  # traffic, no secrets
        failed = [int(count * self.failing) for count in accumulate(events)]
        attempts = list(accumulate(events))
        succeeded = [all_ - bad for all_, bad in zip(attempts, failed, strict=True)]
        counters = [
            (USAGE_EVENTS.name, {"outcome": "success"}, succeeded, 1),
            (USAGE_EVENTS.name, {"outcome": "failure"}, failed, 1),
            (USAGE_FAILURES.name, {}, failed, 1),
            (PROMPT_TOKENS.name, {}, succeeded, 757),
            (COMPLETION_TOKENS.name, {}, succeeded if self.completes else [0] * len(events), 151),
        ]
        return [
            Series(name, {**self.labels, **extra}, self._value(counts, weight))
            for name, extra, counts, weight in counters
        ]

    def _events(self, rng: random.Random) -> list[int]:
        """Events of each minute."""
        return [
            max(0, round(self.per_minute * self._load(minute) * rng.gauss(1, self.noise)))
            if self.per_minute >= 1
            else int(rng.random() < self.per_minute)
            for minute in range(SPAN // MINUTE + 1)
        ]

    def _load(self, minute: int) -> float:
        return 1 - self.swing * math.cos(2 * math.pi * minute / (24 * 60))

    def _value(self, counts: list[int], weight: int) -> Value:
        def at(second: int) -> float | None:
            if not self.begin <= second < self.end:
                return None
            since = counts[second // MINUTE] - counts[self.begin // MINUTE]
            if second >= self.reset:
                since = counts[second // MINUTE] - counts[self.reset // MINUTE]
                return weight * since or None
            return weight * (self.lifetime + since) or None

        return at


MEMBERS = [
    Member(Component.WORKFLOW, "gpt-4o-mini", "a:5001", 60, lifetime=900_000),
    Member(Component.WORKFLOW, "gpt-4o-mini", "b:5001", 60, lifetime=400_000, reset=9 * HOUR),
    Member(Component.WORKFLOW, "gpt-4o-mini", "c:5001", 60, end=14 * HOUR),
    Member(Component.WORKFLOW, "gpt-4o-mini", "d:5001", 60, begin=14 * HOUR + 120),
    Member(Component.TASK, "gpt-4o-mini", "a:5001", 200, swing=0.6, lifetime=2_000_000),
    Member(Component.TASK, "text-embedding-3-small", "a:5001", 300, completes=False, swing=0.6),
    Member(Component.AGENT, "gpt-4o-mini", "a:5001", 400, swing=0.6, noise=0.3),
    Member(Component.AGENT, "gpt-4o-mini", "b:5001", 400, swing=0.6, reset=20 * HOUR),
    Member(Component.AGENT, "gpt-4o", "a:5001", 500, begin=6 * HOUR),  # a new model
    Member(Component.AGENT, "o3", "b:5001", 50, failing=0),  # never failed
    Member(Component.WORKFLOW, "o3", "a:5001", 0.5, failing=0),  # sparse
    Member(Component.AGENT, "retired", "a:5001", 0, lifetime=70_000),  # idle, with old counts
]
assert len(MEMBERS) == 12


def _up(instance: str, begin: int = 0, end: int = SPAN + 1) -> Series:
    labels = {"job": "compozy", "instance": instance}
    return Series("up", labels, lambda second: 1 if begin <= second < end else None)


def healthy_day_tests() -> Iterator[NamedTest]:
    """The one test: no alert fires at any time."""
    targets = [
        _up("a:5001"),
        _up("b:5001"),
        _up("c:5001", end=14 * HOUR),
        _up("d:5001", begin=14 * HOUR),
    ]
    members = [series for seed, member in enumerate(MEMBERS) for series in member.series(seed)]
    name = "nothing fires over 26 healthy hours of twelve components"
    case = Case(name, Scrape(60), [*targets, *members])
    case.quiet(0, SPAN)
    yield case.test(__file__)
