"""The judge must report rules with a known fault, and must not report correct rules."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.names import AlertName
from rules_tests.fleets.generate import fleet
from rules_tests.fleets.judge import Fault, Wrong, judge
from rules_tests.fleets.run import firing
from tools.promtool import Promtool

PLAIN = Path(__file__).with_name("plain.yaml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Faulty:
    """A fault that is put into the plain rules, and a fleet that reveals it."""

    name: str
    alert: AlertName
    fault: Fault
    change: Callable[[str], str]
    seed: int


FAULTS = (
    Faulty(
        "a threshold that is doubled",
        AlertName.FAILURES,
        Fault.MISSED,
        lambda rules: rules.replace("> 0.01", "> 0.02"),
        4,
    ),
    Faulty(
        "resets that are not seen",
        AlertName.FAILURES,
        Fault.MISSED,
        lambda rules: rules.replace("increase(", "delta("),
        14,
    ),
    Faulty(
        "lifetimes that are counted when Prometheus starts",
        AlertName.FAILURES,
        Fault.FALSE,
        lambda rules: rules.replace(
            "increase(compozy_llm_usage_failures_total[15m])",
            "compozy_llm_usage_failures_total - compozy_llm_usage_failures_total offset 15m"
            " or compozy_llm_usage_failures_total",
        ),
        22,
    ),
    Faulty(
        "replicas that are not summed",
        AlertName.FAILURES,
        Fault.FALSE,
        lambda rules: rules.replace("provider, model) (", "provider, model, instance) ("),
        20,
    ),
    Faulty(
        "a window that is doubled",
        AlertName.FAILURES,
        Fault.FALSE,
        lambda rules: rules.replace("_failures_total[15m]", "_failures_total[30m]"),
        7,
    ),
    Faulty(
        "a silence of half the time",
        AlertName.ZERO_TRAFFIC,
        Fault.FALSE,
        lambda rules: rules.replace("[30m]", "[15m]"),
        7,
    ),
    Faulty(
        "a silence of twice the time",
        AlertName.ZERO_TRAFFIC,
        Fault.MISSED,
        lambda rules: rules.replace("[30m]", "[1h]"),
        27,
    ),
    Faulty(
        "a silence of any component",
        AlertName.ZERO_TRAFFIC,
        Fault.FALSE,
        lambda rules: rules.replace('{component="workflow"}', ""),
        25,
    ),
)


@pytest.mark.parametrize("faulty", FAULTS, ids=lambda faulty: faulty.name)
def test_a_fault_in_the_rules_is_told_by_a_fleet(faulty: Faulty) -> None:
    rules = faulty.change(PLAIN)
    assert rules != PLAIN
    added = _wrong(rules, faulty.seed) - _wrong(PLAIN, faulty.seed)
    assert (faulty.alert, faulty.fault) in {(wrong.alert, wrong.fault) for wrong in added}


def test_births_that_increase_does_not_see_are_told_by_a_fleet() -> None:
    wrong = _wrong(PLAIN, 22)
    assert {each.fault for each in wrong if each.alert is AlertName.FAILURES} == {Fault.MISSED}


def test_nothing_is_told_of_rules_that_are_right() -> None:
    right = fleet(31)
    judgement = judge(right, firing(Promtool.found(), PLAIN, [right])[0])
    assert judgement.due[AlertName.FAILURES]
    assert judgement.wrong == ()


def _wrong(rules: str, seed: int) -> set[Wrong]:
    made = fleet(seed)
    return set(judge(made, firing(Promtool.found(), rules, [made])[0]).wrong)
