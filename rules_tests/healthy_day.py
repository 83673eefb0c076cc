"""Nine members of a system over 26 hours with all normal behaviour: no alert fires."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    UNKNOWN,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Component,
)
from exporter_stub.catalogue import load_catalogue
from rules_tests.case import HOUR, MINUTE, Case, Scrape, Series, Value
from rules_tests.promtool_files import NamedTest

SPAN = 26 * HOUR
FAILING = 0.005
"""Share of flushes that fail: half of what the failures alert allows."""


MODELS = {model.model: model for model in load_catalogue().models}
_EXECUTIONS = 5_000
"""How many executions of each model are drawn; a minute's tokens are those of some in a row."""


@dataclass(frozen=True)
class Member:
    """One component on one model of the exporter's catalogue in one replica, and its load."""

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

    @property
    def labels(self) -> dict[str, str]:
        """The labels of all its series."""
        return {
            "job": "compozy",
            "instance": self.instance,
            "component": self.component,
            "provider": MODELS[self.model].provider or UNKNOWN,
            "model": self.model,
        }

    def series(self, seed: int) -> list[Series]:
        """The series of this member; its tokens are distributed as the exporter's."""
        rng = random.Random(seed)  # noqa: S311  # traffic, no secrets
        attempts = list(accumulate(self._events(rng)))
        failed = [int(count * self.failing) for count in attempts]
        succeeded = [all_ - bad for all_, bad in zip(attempts, failed, strict=True)]
        starts = [rng.randrange(_EXECUTIONS) for _ in succeeded]
        counters = [
            (USAGE_EVENTS.name, {"outcome": "success"}, succeeded),
            (USAGE_EVENTS.name, {"outcome": "failure"}, failed),
            (USAGE_FAILURES.name, {}, failed),
            *(
                (name, {}, _tokens(tokens, starts, succeeded))
                for name, tokens in zip(
                    (PROMPT_TOKENS.name, COMPLETION_TOKENS.name),
                    _executions(self.model),
                    strict=True,
                )
            ),
        ]
        return [
            Series(name, {**self.labels, **extra}, self._value(counts))
            for name, extra, counts in counters
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

    def _value(self, counts: list[int]) -> Value:
        def at(second: int) -> float | None:
            if not self.begin <= second < self.end:
                return None
            if second >= self.reset:
                return counts[second // MINUTE] - counts[self.reset // MINUTE] or None
            return self.lifetime + counts[second // MINUTE] - counts[self.begin // MINUTE] or None

        return at


@cache
def _executions(model: str) -> tuple[list[int], list[int]]:
    """Prompt and completion tokens of the first so many executions, twice _EXECUTIONS in all."""
    rng = random.Random(model)  # noqa: S311  # traffic, no secrets
    drawn = [MODELS[model].tokens(rng) for _ in range(_EXECUTIONS)] * 2
    prompts, completions = zip(*drawn, strict=True)
    return [0, *accumulate(prompts)], [0, *accumulate(completions)]


def _tokens(tokens: list[int], starts: list[int], flushes: list[int]) -> list[int]:
    """All tokens until each minute, by the flushes until then; a minute's begin at its start."""
    before = [0, *flushes]
    return list(
        accumulate(
            tokens[start + count - last] - tokens[start]
            for start, count, last in zip(starts, flushes, before, strict=False)
        )
    )


MEMBERS = [
    Member(Component.WORKFLOW, "gpt-4o-mini", "a:5001", 60, lifetime=900_000, reset=9 * HOUR),
    Member(Component.WORKFLOW, "gpt-4o-mini", "c:5001", 60, end=14 * HOUR),
    Member(Component.WORKFLOW, "gpt-4o-mini", "d:5001", 60, begin=14 * HOUR + 120),
    Member(Component.WORKFLOW, "gemini-1.5-flash", "a:5001", 0.5, failing=0),  # sparse
    Member(Component.TASK, "text-embedding-3-small", "a:5001", 300, swing=0.6, failing=0),
    Member(Component.AGENT, "gpt-4o-mini", "a:5001", 400, swing=0.6, noise=0.3, lifetime=2_000_000),
    Member(Component.AGENT, "gpt-4o-mini", "b:5001", 400, swing=0.6, reset=20 * HOUR),
    Member(Component.AGENT, "gpt-4o", "a:5001", 500, begin=6 * HOUR),  # a new model
    Member(Component.AGENT, "llama-3.1-8b", "a:5001", 0, lifetime=70_000),  # idle, with old counts
]


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
    name = "nothing fires over 26 healthy hours of nine members"
    case = Case(name, Scrape(60), [*targets, *members])
    case.quiet(0, SPAN)
    yield case.test(__file__)
