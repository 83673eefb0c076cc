"""Every way in which a counter can behave around a step, and what the step's record must be.

Each case is a series on a target of its own. `alerts.increase` tells the meaning of the records;
here is what it amounts to, number by number. Samples come every 5 s, so that no offset can be
another without a difference.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contract import naming
from contract.config import Config
from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Component,
    Family,
)
from contract.names import Record
from rules_tests.case import Case
from rules_tests.promtool_files import NamedTest
from rules_tests.scenario import GONE, MINUTE, Scrape, Series, Value, named

RECORDS = {
    Record.FAILURES_1M: USAGE_FAILURES,
    Record.EVENTS_1M: USAGE_EVENTS,
    Record.PROMPT_TOKENS_1M: PROMPT_TOKENS,
    Record.COMPLETION_TOKENS_1M: COMPLETION_TOKENS,
}
JOB = "compozy"
_UNTIL = 76 * MINUTE

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
    sibling: Value | None = None  # events of another pair on the same target
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
        growth={0: None, 1: 0, 2: 24, 3: 24, 30: 24},
        activity={0: None, 1: 2020, 2: 24, 3: 24, 30: 24},
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
        growth={20: 12, 21: 10, 22: 12},
        activity={20: 12, 21: 10, 22: 12},
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
        activity={25: 0, 36: None, 37: 0},
    ),
    Behaviour(
        "it comes back from a gap at one",
        _gap(1, 1500, 2095, 1),
        growth={36: 0},
        activity={36: None},
    ),
    Behaviour(
        "it comes back from a gap with more",
        _gap(500, 1500, 2095, 800),
        growth={36: 0, 37: 0},
        activity={36: None, 37: 0},
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
        activity={48: None},
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
        growth={50: 0},
        activity={50: None},
    ),
    Behaviour(
        "it was reset between two looks, and left a short gap with more",
        at((0, 900), (2500, 100), (2710, GONE), (2715, None), (2825, 500)),
        growth={48: 0},
        activity={48: None},
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
        activity={36: None, 37: 30},
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


def growth_tests(config: Config) -> Iterator[NamedTest]:
    """A test for each record of growth, with all cases; and one for activity, case by case.

    They are of the rules of `config`.
    """
    watch = Case(config, Scrape(5))
    for record, family in RECORDS.items():
        expected = [
            (f'{record}{{model="{number}"}}', case.growth, _pair(Component.TASK, number))
            for number, case in enumerate(CASES)
        ]
        series = [
            one
            for number, case in enumerate(CASES)
            for one in _series(case, number, Component.TASK, family)
        ]
        yield _test(watch, str(record), series, expected)
    for number, case in enumerate(CASES):
        # An agent that does the same has no part in it.
        series = [
            *_series(case, number, Component.WORKFLOW, USAGE_EVENTS),
            *_series(case, number, Component.AGENT, USAGE_EVENTS)[:1],
        ]
        labels = f'{{component="{Component.WORKFLOW}"}}'
        name = str(Record.ACTIVITY_1M)
        yield _test(watch, name, series, [(name, case.activity, labels)], case.name)


def _pair(component: Component, number: int) -> str:
    return f'{{component="{component}", provider="openai", model="{number}"}}'


def _series(case: Behaviour, number: int, component: Component, family: Family) -> list[Series]:
    return [
        one
        for replica in range(case.replicas)
        for one in _replica(case, number, f"{number}-{replica}", component, family)
    ]


def _replica(
    case: Behaviour, number: int, instance: str, component: Component, family: Family
) -> list[Series]:
    target = {"job": JOB, "instance": instance}
    pair = {"component": component, "provider": "openai"}
    outcome = {"outcome": "success"}
    own = outcome if family is USAGE_EVENTS else {}
    found = [Series(family.name, {**target, **pair, "model": str(number), **own}, case.value)]
    if case.up is not None:
        found.append(Series("up", target, case.up))
    if case.job != JOB:
        found.append(Series("up", {**target, "job": case.job}, lambda _: 1))
    if case.sibling is not None:
        labels = {**target, **pair, "component": Component.AGENT, "model": "sibling", **outcome}
        found.append(Series(USAGE_EVENTS.name, labels, case.sibling))
    return found


def _test(
    watch: Case,
    record: str,
    series: Sequence[Series],
    expected: Sequence[tuple[str, Expected, str]],
    what: str = "",
) -> NamedTest:
    """`expected` is an expression, its values, and the labels that they have."""
    systems = "".join(f', {label}="{value}"' for label, value in watch.systems.items())
    cases = [
        {
            "expr": expr,
            "eval_time": f"{minute}m",
            "exp_samples": []
            if value is None
            else [{"labels": f"{record}{labels.removesuffix('}')}{systems}}}", "value": value}],
        }
        for expr, values, labels in expected
        for minute, value in values.items()
    ]
    name = f"{record}: {what}" if what else record
    watched = [replace(one, labels=_watched(watch, one.labels)) for one in series]
    found: list[dict[str, Any]] = naming.named(cases, watch.config)
    return named(name, __file__, watched, watch.scrape, _UNTIL, found)


def _watched(watch: Case, labels: Mapping[str, str]) -> dict[str, str]:
    """`labels` of a series where `watch` sees it."""
    job = watch.job if labels["job"] == JOB else labels["job"]
    return {**labels, **watch.systems, "job": job}
