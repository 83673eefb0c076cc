"""Every way in which a counter can behave around a step, and what the step's record must be.

Each case is a series on a target of its own. `alerts.increase` tells the meaning of the records;
here is what it amounts to, number by number. Samples come every 5 s, so that no offset can be
another without a difference.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rules_tests.scenario import GONE, Value

JOB = "compozy"

Expected = Mapping[int, float | None]
"""What the record is at a minute; None where it must be absent."""


@dataclass(frozen=True)
class Behaviour:
    """One series, its target, and what is recorded at some minutes."""

    name: str
    value: Value
    growth: Expected
    activity: Expected
    up: Value | None = lambda _: 1
    sibling: Value | None = None  # events of another label set on the same target
    job: str = JOB
    replicas: int = 1


def at(*spans: tuple[int, Callable[[int], float] | float | None]) -> Value:
    """A value that changes at given seconds: each span holds from its second on."""

    def value(second: int) -> float | None:
        found: Callable[[int], float] | float | None = None
        for begin, what in spans:
            if second >= begin:
                found = what
        return found(second) if callable(found) else found

    return value


def _gap(before: float, begin: int, end: int, after: float) -> Value:
    """A value, then a gap, then another."""
    return at((0, before), (begin, GONE), (begin + 5, None), (end, after))


CASES = (
    Behaviour(
        "it grows by one every 5 seconds, in both replicas",
        lambda second: 1000 + second // 5,
        growth={0: None, 1: 20, 2: 24, 3: 24, 30: 24},
        activity={0: None, 1: 2040, 2: 24, 3: 24, 30: 24},
        replicas=2,
    ),
    Behaviour(
        "it stands still at one, and then gains three",
        at((0, 1), (1500, 4)),
        growth={1: 0, 2: 0, 25: 0, 26: 3, 27: 0},
        activity={1: 1, 2: 0, 25: 0, 26: 3, 27: 0},
    ),
    Behaviour(
        "it is born at one on a target that is scraped",
        at((605, 1)),
        growth={10: None, 11: 1, 12: 0},
        activity={10: None, 11: 1, 12: 0},
    ),
    Behaviour(
        "it is initialised with zero",
        at((0, 0), (1505, 5)),
        growth={2: None, 25: None, 26: 5, 27: 0},
        activity={2: None, 25: None, 26: 5, 27: 0},
    ),
    Behaviour(
        "it is reset",
        at((0, lambda second: 1000 + second // 5), (1200, lambda second: (second - 1200) // 5)),
        growth={20: 12, 21: 11, 22: 12},
        activity={20: 12, 21: 11, 22: 12},
    ),
    Behaviour(
        "it rises fast and is reset at once",
        at((0, 10), (3100, 100), (3160, 50)),
        growth={52: 90, 53: 50, 54: 0},
        activity={52: 90, 53: 50, 54: 0},
    ),
    Behaviour(
        "it comes back from a gap as it was",
        _gap(500, 1500, 2095, 500),
        growth={25: 0, 36: 0, 37: 0},
        activity={25: 0, 36: 0, 37: 0},
    ),
    Behaviour(
        "it comes back from a gap at one",
        _gap(1, 1500, 2095, 1),
        growth={36: 0},
        activity={36: 0},
    ),
    Behaviour(
        "it comes back from a gap with more",
        _gap(500, 1500, 2095, 800),
        growth={36: 0, 37: 0},
        activity={36: 0, 37: 0},
    ),
    Behaviour(
        "it comes back from a gap with less, having been reset",
        _gap(500, 1500, 2095, 30),
        growth={36: 30, 37: 0},
        activity={36: 30, 37: 0},
    ),
    Behaviour(
        "it comes back from a gap of 22 minutes",
        _gap(500, 1505, 2820, 500),
        growth={48: 0},
        activity={48: 0},
    ),
    Behaviour(
        "it comes back from a gap that is longer than the memory",
        _gap(500, 1505, 4205, 500),
        growth={71: 500},
        activity={71: 500},
    ),
    Behaviour(
        "it had grown at the last look before a short gap, which it left with less",
        at((0, 100), (2990, 900), (3005, GONE), (3010, None), (3100, 500)),
        growth={52: 500},
        activity={52: 500},
    ),
    Behaviour(
        "it grew between two looks, and left a short gap with less",
        at((0, 100), (2800, 900), (2860, GONE), (2865, None), (2945, 500)),
        growth={50: 500},
        activity={50: 500},
    ),
    Behaviour(
        "it was reset between two looks, and left a short gap with more",
        at((0, 900), (2500, 100), (2710, GONE), (2715, None), (2825, 500)),
        growth={48: 500},
        activity={48: 500},
    ),
    Behaviour(
        "it comes back from a gap with more, and is reset within the step",
        at((0, 500), (1500, GONE), (1505, None), (2095, 800), (2145, 30)),
        growth={36: 30},
        activity={36: 30},
    ),
    Behaviour(
        "it comes back from a gap with more, and is reset just after the step",
        at((0, 500), (1500, GONE), (1505, None), (2095, 800), (2155, 30)),
        growth={36: 0, 37: 30},
        activity={36: 0, 37: 30},
    ),
    Behaviour(
        "it comes with its target at the end of a step",
        at((1550, 40)),
        growth={25: None, 26: 0},
        activity={25: None, 26: 40},
        up=at((1550, 1)),
    ),
    Behaviour(
        "it comes with its target just after a step",
        at((1555, 40)),
        growth={26: None, 27: 0},
        activity={26: None, 27: 40},
        up=at((1555, 1)),
    ),
    Behaviour(
        "it comes with its target, which is new",
        at((1505, 900)),
        growth={25: None, 26: 0, 27: 0},
        activity={25: None, 26: 900, 27: 0},
        up=at((1505, 1)),
    ),
    Behaviour(
        "it comes at one with its target, which is new",
        at((1505, 1)),
        growth={26: 0},
        activity={26: 1},
        up=at((1505, 1)),
    ),
    Behaviour(
        "it comes with its target, which was down",
        at((1505, 60)),
        growth={26: 0},
        activity={26: 60},
        up=at((0, 0), (1505, 1)),
    ),
    Behaviour(
        "it comes a little after its target",
        at((1505, 70)),
        growth={26: 70},
        activity={26: 70},
        up=at((1480, 1)),
    ),
    Behaviour(
        "it comes with its target, which another job has scraped for long",
        at((1505, 80)),
        growth={26: 0},
        activity={26: 80},
        up=at((1505, 1)),
        job="other",
    ),
    Behaviour(
        "it comes a little after another series of its target, of which nothing else is known",
        at((1505, 9)),
        growth={26: 9},
        activity={26: 9},
        up=None,
        sibling=at((1480, 3)),
    ),
    Behaviour(
        "it comes with another series of its target, of which nothing else is known",
        at((1505, 9)),
        growth={26: 0},
        activity={26: 9},
        up=None,
        sibling=at((1505, 3)),
    ),
)
