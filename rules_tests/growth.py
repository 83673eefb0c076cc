"""Tests of the recorded increases: each behaviour of a counter, for each record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from config import Config
from contract.durations import seconds
from contract.metrics import USAGE_EVENTS, USAGE_FAILURES, Component, Family
from rules_tests.case import MINUTE, Case, Scrape, Series, Value, braced
from rules_tests.growth_cases import JOB, OF_SERIES, Behaviour, Expected
from rules_tests.growth_target_cases import OF_TARGETS
from rules_tests.promtool_files import NamedTest
from rules_tests.setting import Setting

PROVIDER = {"provider": "openai"}
Part = tuple[list[Series], dict[str, str], Expected]
"""The series of a case, the labels that tell it apart, and the values to be recorded."""

_CASES = {**OF_SERIES, **OF_TARGETS}


def growth_tests(config: Config, together: int = len(_CASES)) -> Iterator[NamedTest]:
    """For the rules of `config`, tests of the recorded increases and of activity.

    One family stands for all: their expressions differ in the name alone (test_index.py). Each
    test of an increase has so many cases `together`. Activity has no label that tells cases apart,
    but those of systems: without any, it has a test for each case of a target, or that is more
    than growth.
    """
    setting = Setting(config, Scrape(5))
    # Those that end first come first, so that most tests are short.
    ordered = sorted(_CASES.items(), key=lambda item: max(item[1].growth))
    cases = [(str(number), what, case) for number, (what, case) in enumerate(ordered)]
    record = config.increased(USAGE_FAILURES.name)
    of_all = {"component": Component.TASK, **PROVIDER}
    for first in range(0, len(cases), together):
        parts = [
            (_series(case, number, Component.TASK, USAGE_FAILURES), {"model": number}, case.growth)
            for number, _, case in cases[first : first + together]
        ]
        name = f"{record}, from case {first}" if first else record
        yield _test(setting, name, record, of_all, parts)
    record = config.zero_traffic.activity_record(config)
    of_all = {"component": Component.WORKFLOW}
    apart = [[one] for one in cases if one[2].activity or one[1] in OF_TARGETS]
    for some in [cases] if config.labels else apart:
        name = record if config.labels else f"{record}: {some[0][1]}"
        parts = [_activity(config, number, case) for number, _, case in some]
        yield _test(setting, name, record, of_all, parts)


def _activity(config: Config, number: str, case: Behaviour) -> Part:
    """A case of activity, in a system of its own if there are labels of systems."""
    system = dict.fromkeys(config.labels[:1], number)
    # The record must not count an agent with the same samples.
    series = [
        *_series(case, number, Component.WORKFLOW, USAGE_EVENTS),
        *_series(case, number, Component.AGENT, USAGE_EVENTS)[:1],
    ]
    found = [replace(one, labels={**one.labels, **system}) for one in series]
    return found, system, case.growth | case.activity


def _series(case: Behaviour, number: str, component: Component, family: Family) -> list[Series]:
    return [
        one
        for replica in range(case.replicas)
        for one in _replica(case, number, f"{number}-{replica}", component, family)
    ]


def _replica(
    case: Behaviour, number: str, instance: str, component: Component, family: Family
) -> list[Series]:
    target = {"job": JOB, "instance": instance}
    label_set = {"component": component, **PROVIDER}
    outcome = {"outcome": "success"}
    own = outcome if family is USAGE_EVENTS else {}
    found = [Series(family.name, {**target, **label_set, "model": number, **own}, case.value)]
    if case.up is not None:
        found.append(Series("up", target, case.up))
    sibling = {**label_set, "component": Component.AGENT, "model": "sibling"}
    if case.elsewhere is not None:
        other = {**target, "job": "other"}
        found.append(Series("up", other, case.elsewhere))
        found.append(Series(USAGE_EVENTS.name, {**other, **sibling, **outcome}, case.elsewhere))
    if case.sibling is not None:
        labels = {**target, **sibling, "outcome": case.outcome}
        found.append(Series(USAGE_EVENTS.name, labels, case.sibling))
    return found


def _test(
    setting: Setting, name: str, record: str, of_all: Mapping[str, str], parts: Sequence[Part]
) -> NamedTest:
    """A test of `record`, whose values have the labels `of_all` beside those of their part."""
    watched = [
        replace(one, labels=_watched(setting, one.labels), value=_moved(setting, one.value))
        for series, _, _ in parts
        for one in series
    ]
    case = Case(name, setting.scrape, watched)
    for _, own, values in parts:
        recorded = record + braced({**setting.systems, **of_all, **own})
        for minute, value in values.items():
            expected = {} if value is None else {recorded: value}
            case.expect(minute * MINUTE, record + braced(own), expected)
    return case.test(__file__)


def _moved(setting: Setting, value: Value) -> Value:
    """`value`, later by as much as `setting` settles sooner than the default."""
    later = seconds(Config().settle) - seconds(setting.config.settle)
    return lambda second: value(second - later) if second >= later else None


def _watched(setting: Setting, labels: Mapping[str, str]) -> dict[str, str]:
    """`labels` with the job and the system labels of `setting`."""
    job = setting.job if labels["job"] == JOB else labels["job"]
    return {**setting.systems, **labels, "job": job}
