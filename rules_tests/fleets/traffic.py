"""Random traffic of one label set: when a process flushes, how it ends, how many tokens it adds."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from rules_tests.fleets.model import (
    GRID,
    HOUR,
    LONG_AGO,
    MINUTE,
    Event,
    Events,
    LabelSet,
    event,
    table,
)

DENSE = 0.1
"""Where there are this many events a second, they are drawn per `GRID` and not one by one."""


@dataclass(frozen=True)
class Episode:
    """A value that holds in [begin, end)."""

    begin: float
    end: float
    value: float


@dataclass(frozen=True)
class Traffic:
    """How one process of a fleet uses one label set."""

    label_set: LabelSet
    rate: float
    """Flushes a second."""
    prompt: int
    completion: int
    """Prompt and completion tokens of a flush that succeeds."""
    failing: tuple[Episode, ...] = ()
    """Shares of flushes that fail."""
    factors: tuple[Episode, ...] = ()
    """Factors of the rate; 0 is silence."""
    larger: tuple[Episode, ...] = ()
    """Factors of the tokens."""
    swing: float = 0.0
    """Share by which the rate rises and falls within a day."""
    fixed: tuple[tuple[float, bool], ...] = ()
    """Where given, the flushes of every process instead: seconds after its start, and whether they
    fail."""

    def events(self, rng: Random, start: float, end: float, lifetime: int) -> Events:
        """The events of a process that lives in [start, end), after `lifetime` flushes."""
        if self.fixed:
            begun = [(start + after, failed) for after, failed in self.fixed]
            return table(self._event(time, 1, failed) for time, failed in begun if time < end)
        found = [self._event(LONG_AGO, lifetime, lifetime // 20, rng)] if lifetime else []
        for time, count in self._flushes(rng, max(start, -HOUR), end):
            share = _value(self.failing, time, 0.0)
            failed = sum(rng.random() < share for _ in range(count)) if share else 0
            found.append(self._event(time, count, failed, rng))
        return table(found)

    def _event(self, time: float, count: int, failed: int, rng: Random | None = None) -> Event:
        """An event of `count` flushes; with `rng` its tokens differ by up to 30 %."""
        size = (count - failed) * _value(self.larger, time, 1.0)
        size *= rng.uniform(0.7, 1.3) if rng else 1
        tokens = round(self.prompt * size), round(self.completion * size)
        return event(time, count - failed, failed, *tokens)

    def _flushes(self, rng: Random, start: float, end: float) -> Iterator[tuple[float, int]]:
        """When flushes happen, and how many at each time."""
        most = self.rate * (1 + self.swing) * max([1.0, *(each.value for each in self.factors)])
        dense = most >= DENSE
        time = start
        while (time := time + (GRID if dense else rng.expovariate(most))) < end:
            at = time // GRID * GRID + GRID / 2  # never at the moment of a scrape
            if not start < at < end:
                continue
            rate = self._rate(at)
            count = _poisson(rng, rate * GRID) if dense else int(rng.random() < rate / most)
            if count:
                yield at, count

    def _rate(self, time: float) -> float:
        curve = 1 + self.swing * math.sin(2 * math.pi * time / (24 * HOUR))
        return self.rate * curve * _value(self.factors, time, 1.0)


def _value(episodes: tuple[Episode, ...], time: float, otherwise: float) -> float:
    return next((each.value for each in episodes if each.begin <= time < each.end), otherwise)


def _poisson(rng: Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


_MODELS = (
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-4o"),
    ("anthropic", "claude-sonnet-4"),
    ("unknown", "unknown"),
)
_EMBEDDING = ("openai", "text-embedding-3-small")
_SHARES = (0.002, 0.005, 0.008, 0.012, 0.015, 0.02, 0.05, 0.1, 0.3, 1.0, 1.0)


def traffics(rng: Random, span: int) -> list[Traffic]:
    """The traffic of a fleet's label sets."""
    quiet = _silences(rng, span)
    busy = rng.choice((0.3, 1, 3)) / MINUTE * 10 ** rng.uniform(-0.5, 1.3)
    found = []
    models = rng.sample(_MODELS, rng.randint(1, 2))
    names = [("workflow", *models[0])]
    names += [(rng.choice(("task", "agent")), *model) for model in models[: rng.randint(0, 2)]]
    if rng.random() < 0.3:
        names.append(("task", *_EMBEDDING))
    for component, provider, model in names:
        everywhere = component == "workflow" or rng.random() < 0.3
        found.append(
            Traffic(
                label_set=LabelSet(component, provider, model),
                rate=busy * 10 ** rng.uniform(-0.3, 0.3),
                prompt=rng.randint(50, 2000),
                completion=0 if (provider, model) == _EMBEDDING else rng.randint(10, 500),
                failing=_failing(rng, span),
                factors=(*(quiet if everywhere else ()), *_spikes(rng, span, 0.4)),
                larger=_spikes(rng, span, 0.2),
                swing=rng.choice((0.0, 0.0, 0.6)),
            )
        )
    return found


def _silences(rng: Random, span: int) -> tuple[Episode, ...]:
    if rng.random() < 0.4:
        return ()
    begin = rng.uniform(0.1, 0.8) * span
    length = rng.choice((20, 27, 29, 31, 34, 45, 70)) * MINUTE
    return (Episode(begin, begin + length, 0.0),)


def _spikes(rng: Random, span: int, chance: float) -> tuple[Episode, ...]:
    if rng.random() > chance:
        return ()
    begin = rng.uniform(0.4, 0.9) * span
    length = rng.choice((10, 25, 30, 45, 60)) * MINUTE
    return (Episode(begin, begin + length, rng.choice((2, 2.5, 4, 5, 7, 10, 20))),)


def _failing(rng: Random, span: int) -> tuple[Episode, ...]:
    """Up to three episodes: long ones near the limit, short outages, single failures."""
    found = []
    for _ in range(rng.randint(0, 3)):
        begin = rng.uniform(-0.1, 0.95) * span
        length = rng.choice((0.5, 2, 5, 10, 20, 45, 90)) * MINUTE
        found.append(Episode(begin, begin + length, rng.choice(_SHARES)))
    if rng.random() < 0.2:
        found.append(Episode(-span, 2 * span, rng.choice(_SHARES)))
    return tuple(found)
