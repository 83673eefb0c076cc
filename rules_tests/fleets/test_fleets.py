"""Our rules on fleets: no verdict and no record is wrong, and a record made wrong is told.

`make fleets` judges more fleets.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.generate import KINDS, fleet, kind_of
from rules_tests.fleets.judge import judge
from rules_tests.fleets.limits import UNSEEN
from rules_tests.fleets.model import BEGIN, HOUR, MINUTE, SPAN, every, made_of, process
from rules_tests.fleets.run import SEEDS, batches, firing, judgements, samples
from rules_tests.fleets.shrink import reproduction
from rules_tests.fleets.values import expressions, wrong_values
from tools import ROOT
from tools.promtool import Promtool

RULES = (ROOT / ALERTS).read_text(encoding="utf-8")
LOSING = {"back to back", "restarts"}
"""Kinds in which records may lack what a process counted in its last minute: where a scrape fails
shortly before or after its end, and of a latency bucket where the next process shows it at 0."""


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
        assert wrong_values(one, some, may_lack) == {}, one.name


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
