"""Rules on fleets: of ours no verdict and no record is wrong, and what is made wrong is told.

`make fleets` judges more fleets.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from config import IngestionFailures, ZeroTraffic
from delivery.targets import ALERTS
from rules_tests.fleets.__main__ import main
from rules_tests.fleets.generate import KINDS, fleet, kind_of
from rules_tests.fleets.judge import Fault, Wrong, judge
from rules_tests.fleets.limits import UNSEEN
from rules_tests.fleets.model import BEGIN, HOUR, MINUTE, SPAN, every, made_of, process
from rules_tests.fleets.run import SEEDS, batches, firing, judgements, samples
from rules_tests.fleets.shrink import reproduction
from rules_tests.fleets.values import expressions, wrong_values
from tools import ROOT
from tools.promtool import Promtool, PromtoolError

RULES = (ROOT / ALERTS).read_text(encoding="utf-8")
MISSED, FALSE = Fault.MISSED, Fault.FALSE
FAILURES, SILENCE = IngestionFailures.name, ZeroTraffic.name
LOST = "compozy_llm_usage_failures_total"
GAINED = f"{LOST} - {LOST} offset 15m or {LOST}"
"""Where Prometheus has just started, this is all that a process has counted in its lifetime."""
PLAIN = Path(__file__).with_name("plain.yaml").read_text(encoding="utf-8")
LOSING = {"back to back", "restarts"}
"""Kinds in which records may lack what a process counted in its last minute: where a scrape fails
shortly before or after its end, and of a latency bucket where the next process shows it at 0."""


@pytest.mark.parametrize("text", ["9-3", "x", ""])
def test_seeds_that_are_no_range_are_told(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["fleets", "--seeds", text])
    with pytest.raises(SystemExit):
        main()
    assert f"seeds are one, or first and last, not {text!r}" in capsys.readouterr().err


@pytest.mark.parametrize("seeds", batches(SEEDS), ids=str)
def test_no_verdict_is_wrong(seeds: Sequence[int]) -> None:
    promtool = Promtool.found()
    for seed, judgement in judgements(promtool, seeds).items():
        for wrong in judgement.wrong:
            told = reproduction(promtool, ROOT / ALERTS, fleet(seed), wrong)
            pytest.fail(told, pytrace=False)


def test_no_record_is_wrong_on_any_kind_of_fleet() -> None:
    seeds = range(len(KINDS))
    made = [replace(fleet(seed), latency=True) for seed in seeds]
    found = samples(Promtool.found(), RULES, made, expressions())
    for seed, one, some in zip(seeds, made, found, strict=True):
        may_lack = MINUTE if kind_of(seed) in LOSING else 0
        wrong = wrong_values(one, some, may_lack)
        told = [f"{record}: {example}" for record, example in wrong.items()]
        assert not wrong, "\n".join([f"fleet {one.name}", *told])


def test_the_limits_are_as_the_page_of_alerts_says_and_no_error_to_the_judge() -> None:
    found = firing(Promtool.found(), RULES, [limit.fleet for limit in UNSEEN])
    for limit, firings in zip(UNSEEN, found, strict=True):
        assert judge(limit.fleet, firings).wrong == (), limit.name
        assert (limit.alert in {alert for alert, _ in firings}) is limit.fires, limit.name


def _told(rules: str) -> set[str]:
    """The wrong records of one process that flushes steadily and fails at times."""
    events = [
        *every(10, 0, SPAN, succeeded=1, prompt=9, completion=1),
        *every(70, BEGIN, SPAN, failed=1),
    ]
    steady = replace(made_of(process(events)), latency=True, span=BEGIN + HOUR)
    (found,) = samples(Promtool.found(), rules, [steady], expressions())
    return set(wrong_values(steady, found))


def test_nothing_is_told_of_a_process_that_is_scraped_in_time() -> None:
    assert _told(RULES) == set()


@pytest.mark.parametrize("window", ["increase1m", "increase15m"])
def test_a_record_of_a_third_more_is_told(window: str) -> None:
    record = f"component_provider_model:compozy_llm_usage_failures:{window}"
    rules = re.sub(rf"(record: {record}\n +expr: (\|-\n +)?)", r"\g<1>4 / 3 * ", RULES)
    assert record in _told(rules)


def test_latency_that_is_recorded_of_one_bucket_is_told() -> None:
    family = "compozy_llm_usage_latency_seconds_bucket"
    rules = re.sub(rf"{family}(?=[ [])", family + '{le=~"0.005|.Inf"}', RULES)
    assert "le 0.05" in _told(rules)


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
