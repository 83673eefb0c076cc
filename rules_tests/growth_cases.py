"""Every way in which a counter can behave around a step, and what the step's record must be.

Each case is a series on a target of its own. `alerts.increase` defines the records; here are the
resulting values. Samples come every 5 s, so that any other offset in a rule changes a result.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from contract.metrics import Outcome
from rules_tests.case import GONE, Value

Expected = dict[int, float | None]
"""The value of the record at a minute; None where it must be absent."""


@dataclass(frozen=True)
class Behaviour:
    """One series, its target, and what must be recorded at some minutes."""

    value: Value
    growth: Expected
    activity: Expected = field(default_factory=dict)  # where it differs from the growth
    up: Value | None = lambda _: 1
    sibling: Value | None = None  # events of another label set on the same target
    outcome: Outcome = Outcome.SUCCESS  # of the sibling's events
    elsewhere: Value | None = None  # `up` and events of the same address in another job
    replicas: int = 1


def at(*spans: tuple[int, Callable[[int], float] | float | None]) -> Value:
    """A value that changes at given seconds: each span begins at its second."""

    def value(second: int) -> float | None:
        found: Callable[[int], float] | float | None = None
        for begin, what in spans:
            if second >= begin:
                found = what
        return found(second) if callable(found) else found

    return value


def gap(before: float, begin: int, end: int, after: float) -> Value:
    """A value, then a gap, then another."""
    return at((0, before), (begin, GONE), (begin + 5, None), (end, after))


OF_SERIES: dict[str, Behaviour] = {
    "it grows by one every 5 seconds, in both replicas": Behaviour(
        lambda second: 1000 + second // 5,
        {0: None, 1: 20, 2: 24, 3: 24, 30: 24},
        activity={1: 2040},
        replicas=2,
    ),
    "it stands still at one, and then gains three": Behaviour(
        at((0, 1), (1500, 4)), {1: 0, 2: 0, 25: 0, 26: 3, 27: 0}, activity={1: 1}
    ),
    "it is born at one on a target that is scraped": Behaviour(
        at((605, 1)), {10: None, 11: 1, 12: 0}
    ),
    "it is initialised with zero": Behaviour(
        at((0, 0), (1505, 5)), {1: None, 2: None, 25: None, 26: 5, 27: 0}, activity={1: None}
    ),
    "it is reset": Behaviour(
        at((0, lambda second: 1000 + second // 5), (1200, lambda second: (second - 1200) // 5)),
        {20: 12, 21: 11, 22: 12},
    ),
    "it comes back from a gap as it was": Behaviour(
        gap(500, 1500, 2095, 500), {25: 0, 36: 0, 37: 0}
    ),
    "it comes back from a gap with more": Behaviour(gap(500, 1500, 2095, 800), {36: 0, 37: 0}),
    "it comes back from a gap with less, having been reset": Behaviour(
        gap(500, 1500, 2095, 30), {36: 30, 37: 0}
    ),
    "it comes back from a gap that is longer than the memory": Behaviour(
        gap(500, 1505, 4205, 500), {71: 500}
    ),
    "it grew between two looks, and left a short gap with less": Behaviour(
        at((0, 100), (2800, 900), (2870, GONE), (2875, None), (2945, 500)), {50: 500}
    ),
    "it comes back from a gap with more, and is reset just after the step": Behaviour(
        at((0, 500), (1500, GONE), (1505, None), (2095, 800), (2155, 30)), {36: 0, 37: 30}
    ),
    "it is born again at the same value, while its target answers": Behaviour(
        at((0, 7), (1185, GONE), (1190, None), (1230, 7)), {19: 0, 21: 7, 22: 0}
    ),
    "it is reset within a step, and ends above where it began": Behaviour(
        at((0, 10), (3120, 5), (3140, 60)), {52: 0, 53: 60, 54: 0}
    ),
    "it is reset twice within a step": Behaviour(
        at((0, 51), (3120, 50), (3140, 30)), {52: 0, 53: 30, 54: 0}
    ),
    "it rises within a step and is reset at its end": Behaviour(
        at((0, 10), (3120, 100), (3165, 50)), {53: 140, 54: 0}
    ),
    "it rises within a step and is reset just after its end": Behaviour(
        at((0, 10), (3120, 100), (3175, 50)), {53: 90, 54: 50}
    ),
    "it ends and is born again within a step": Behaviour(
        at((0, 7), (3130, GONE), (3135, None), (3150, 7)), {52: 0, 53: 7, 54: 0}
    ),
    "it is away for a minute and a half in which its target answers": Behaviour(
        gap(500, 1505, 1605, 500), {26: 0, 27: 500}
    ),
    "it is away for two minutes in which its target answers": Behaviour(
        gap(500, 1505, 1625, 500), {27: None, 28: 0}
    ),
    "it was there for ten minutes before a long gap, from which it comes as it was": Behaviour(
        at((1700, 500), (1905, GONE), (1910, None), (2505, 500)), {42: 0}
    ),
    "it was there for less than ten minutes before a long gap, between two looks": Behaviour(
        at((1450, 500), (1600, GONE), (1605, None), (2505, 500)), {42: 500}
    ),
    "it was reset before a long gap, from which it comes with more": Behaviour(
        at((0, 900), (1700, 100), (1905, GONE), (1910, None), (2505, 500)), {42: 500}
    ),
    "it is reset just after a step in which it did not grow": Behaviour(
        at((0, 10), (3175, 5)), {53: 0, 54: 5}
    ),
}
