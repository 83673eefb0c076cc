"""Tests of the recorded increases: each behaviour of a counter, for each record."""

from collections.abc import Iterator, Mapping

from config import Config
from contract.durations import seconds
from contract.metrics import USAGE_EVENTS, USAGE_FAILURES, Component, Family, Outcome
from delivery.targets import rule_file
from rules_tests.case import MINUTE, Case, Scrape, Series, Setting, Value, at, braced, label_set
from rules_tests.growth_cases import CASES, Behaviour, Expected
from rules_tests.promtool_files import NamedTest

# vmalert marks no record as stale that has a comma in a label.
_CASES = {what.replace(",", ""): case for what, case in CASES.items()}


def growth_tests(config: Config, together: int = len(_CASES)) -> Iterator[NamedTest]:
    """For the rules of `config`, tests of the recorded increases and of activity.

    One family stands for all: their expressions differ in the name alone (test_index.py). Each test
    of it has so many cases `together`, told apart by their models. The record of activity has no
    label by which they could be told apart, except those of systems: if none is configured, each
    case that states an activity has a test of its own.
    """
    setting, rules = Setting(config, Scrape(5)), rule_file(config)
    record = config.increased(USAGE_FAILURES.name)
    # Those that end first come first, so that most tests are short.
    ordered = sorted(_CASES.items(), key=lambda item: max(item[1].growth))
    for first in range(0, len(ordered), together):
        test = Case(f"{record}, from case {first}" if first else record, setting.scrape, [])
        for what, case in ordered[first : first + together]:
            test.series += _series(setting, what, case, USAGE_FAILURES, Component.TASK)
            labels = {**_systems(setting, what), **label_set(Component.TASK, what)}
            _expect(test, record, {"model": what}, labels, case.growth)
        yield test.test(__file__, rules)
    record = config.zero_traffic.activity_record(config)
    apart = {f"{record}: {what}": {what: case} for what, case in _CASES.items() if case.activity}
    for name, cases in ({record: _CASES} if config.labels else apart).items():
        test = Case(name, setting.scrape, [])
        for what, case in cases.items():
            test.series += _series(setting, what, case, USAGE_EVENTS, Component.WORKFLOW)
            # The record must not count an agent with the same samples.
            test.series += _series(setting, what, case, USAGE_EVENTS, Component.AGENT)[:1]
            systems = _systems(setting, what)
            labels = {**systems, "component": Component.WORKFLOW}
            _expect(test, record, systems, labels, case.growth | case.activity)
        yield test.test(__file__, rules)


def _expect(
    test: Case, record: str, asked: Mapping[str, str], labels: Mapping[str, str], values: Expected
) -> None:
    """Expect that `record` with the labels `asked` has one series, with all these `labels`."""
    for minute, value in values.items():
        found = {} if value is None else {record + braced(labels): value}
        test.expect(minute * MINUTE, record + braced(asked), found)


def _systems(setting: Setting, what: str) -> dict[str, str]:
    """The labels of systems: if there are any, each case has a system of its own."""
    return {**setting.systems, **dict.fromkeys(setting.config.labels[:1], what)}


def _series(
    setting: Setting, what: str, case: Behaviour, family: Family, component: Component
) -> list[Series]:
    """The counters of a case, that of `component` first, and the `up` of its targets."""
    succeeded = {"outcome": Outcome.SUCCESS}
    own = succeeded if family is USAGE_EVENTS else {}
    sibling = label_set(Component.AGENT, "sibling")
    elsewhere = at((0, case.elsewhere))
    found = []
    for replica in range(case.replicas):
        target = {**setting.target, **_systems(setting, what), "instance": f"{what}-{replica}"}
        other = {**target, "job": "other"}
        found += [
            (family.name, {**target, **label_set(component, what), **own}, case.seen),
            ("up", target, case.up),
            ("up", other, elsewhere),
            (USAGE_EVENTS.name, {**other, **sibling, **succeeded}, elsewhere),
            (USAGE_EVENTS.name, {**target, **sibling, "outcome": case.outcome}, case.sibling),
        ]
    return [Series(name, labels, _moved(setting, value)) for name, labels, value in found if value]


def _moved(setting: Setting, value: Value) -> Value:
    """`value`, later by as much as `setting` settles sooner than the default."""
    later = seconds(Config().settle) - seconds(setting.config.settle)
    return lambda second: value(second - later) if second >= later else None
