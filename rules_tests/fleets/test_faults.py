"""The judge must report rules with a known fault, and must not report correct rules."""

from functools import cache
from pathlib import Path

import pytest

from config import IngestionFailures, ZeroTraffic
from rules_tests.fleets.generate import fleet
from rules_tests.fleets.judge import Fault, Wrong, judge
from rules_tests.fleets.model import MINUTE, SPAN, every, made_of, process
from rules_tests.fleets.run import firing
from rules_tests.fleets.shrink import reproduction
from tools.promtool import Promtool, PromtoolError

MISSED, FALSE = Fault.MISSED, Fault.FALSE
FAILURES, SILENCE = IngestionFailures.name, ZeroTraffic.name
LOST = "compozy_llm_usage_failures_total"
GAINED = f"{LOST} - {LOST} offset 15m or {LOST}"
"""Where Prometheus has just started, this is all that a process has counted in its lifetime."""
PLAIN = Path(__file__).with_name("plain.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("alert", "fault", "right", "wrong", "seed"),
    [
        pytest.param(FAILURES, MISSED, "> 0.01", "> 0.02", 4, id="limit doubled"),
        pytest.param(FAILURES, MISSED, "increase(", "delta(", 14, id="resets not seen"),
        pytest.param(FAILURES, FALSE, f"increase({LOST}[15m])", GAINED, 22, id="lifetimes count"),
        pytest.param(FAILURES, FALSE, "model) (", "model, instance) (", 20, id="each replica"),
        pytest.param(FAILURES, FALSE, f"{LOST}[15m]", f"{LOST}[30m]", 7, id="window"),
        pytest.param(SILENCE, FALSE, "[30m]", "[15m]", 7, id="half the silence"),
        pytest.param(SILENCE, MISSED, "[30m]", "[1h]", 27, id="twice the silence"),
        pytest.param(SILENCE, FALSE, '{component="workflow"}', "", 25, id="any component"),
    ],
)
def test_a_fault_in_the_rules_is_told_by_a_fleet(
    alert: str, fault: Fault, right: str, wrong: str, seed: int
) -> None:
    assert right in PLAIN
    added = _wrong(PLAIN.replace(right, wrong), seed) - _wrong(PLAIN, seed)
    assert (alert, fault) in {(each.alert, each.fault) for each in added}


def test_births_that_increase_does_not_see_are_told_by_a_fleet() -> None:
    wrong = _wrong(PLAIN, 22)
    assert {each.fault for each in wrong if each.alert == FAILURES} == {MISSED}


def test_nothing_is_told_of_rules_that_are_right() -> None:
    right = fleet(31)
    judgement = judge(right, firing(Promtool.found(), PLAIN, [right])[0])
    assert judgement.due[FAILURES]
    assert judgement.wrong == ()


def test_a_wrong_verdict_is_shown_on_a_few_samples(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(PLAIN.replace("> 0.01", "> 0.9"))
    lost = every(10, 10 * MINUTE + 7, 30 * MINUTE, failed=1)
    made = made_of(process([*every(10, 0, SPAN, succeeded=1), *lost]))
    wrong = judge(made, firing(Promtool.found(), rules.read_text(), [made])[0]).wrong[0]
    text = reproduction(Promtool.found(), rules, made, wrong)
    assert len(text) < 2000
    file = tmp_path / "shrunk_test.yaml"
    file.write_text(text)
    with pytest.raises(PromtoolError, match="got: nil"):
        Promtool.found().test_rules(file)


@cache
def _wrong(rules: str, seed: int) -> set[Wrong]:
    made = fleet(seed)
    return set(judge(made, firing(Promtool.found(), rules, [made])[0]).wrong)
