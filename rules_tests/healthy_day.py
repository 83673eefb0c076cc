"""Nine members of a system over 26 hours with all normal behaviour: no alert fires."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from config import Config
from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    UNKNOWN,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Component,
)
from delivery.targets import rule_file
from exporter_stub.catalogue import load_catalogue
from rules_tests.case import HOUR, MINUTE, Case, Scrape, Series
from rules_tests.promtool_files import NamedTest

SPAN = 26 * HOUR
FAILING = 0.005
"""Share of flushes that fail: half of what the failures alert allows."""


MODELS = {model.model: model for model in load_catalogue().models}
_EXECUTIONS = 5_000
"""How many executions of each model are drawn; after the last of them comes the first again."""


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

    def series(self, seed: int) -> list[Series]:
        """The series of this member; its tokens are distributed as the exporter's."""
        attempts = np.cumsum(self._events(np.random.default_rng(seed)))
        failed = (attempts * self.failing).astype(int)
        succeeded = attempts - failed
        drawn = _drawn(self.model)
        times = math.ceil((succeeded[-1] + 1) / _EXECUTIONS)
        prompt, completion = np.cumsum(np.tile(drawn, (times, 1)), axis=0)[succeeded].T
        return [
            self._counted(USAGE_EVENTS.name, succeeded, outcome="success"),
            self._counted(USAGE_EVENTS.name, failed, outcome="failure"),
            self._counted(USAGE_FAILURES.name, failed),
            self._counted(PROMPT_TOKENS.name, prompt),
            self._counted(COMPLETION_TOKENS.name, completion),
        ]

    def _events(self, rng: np.random.Generator) -> NDArray[np.int_]:
        """Events of each minute."""
        minutes = np.arange(SPAN // MINUTE + 1)
        if self.per_minute < 1:
            return (rng.random(len(minutes)) < self.per_minute).astype(int)
        load = 1 - self.swing * np.cos(2 * np.pi * minutes / (24 * 60))
        noise = rng.normal(1, self.noise, len(minutes))
        return np.maximum(0, np.rint(self.per_minute * load * noise)).astype(int)

    def _counted(self, name: str, counts: NDArray[np.int_], **labels: str) -> Series:
        def at(second: int) -> float | None:
            if not self.begin <= second < self.end:
                return None
            since = self.reset if second >= self.reset else self.begin
            lifetime = 0 if second >= self.reset else self.lifetime
            return lifetime + counts[second // MINUTE] - counts[since // MINUTE] or None

        own = {
            "job": "compozy",
            "instance": self.instance,
            "component": self.component,
            "provider": MODELS[self.model].provider or UNKNOWN,
            "model": self.model,
        }
        return Series(name, {**own, **labels}, at)


@cache
def _drawn(model: str) -> NDArray[np.int_]:
    """Prompt and completion tokens of each execution."""
    rng = random.Random(model)  # noqa: S311  # traffic, no secrets
    return np.array([MODELS[model].tokens(rng) for _ in range(_EXECUTIONS)])


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
    yield case.test(__file__, rule_file(Config()))
