"""Our rules record what happened on random fleets, and wrong records are reported."""

from dataclasses import replace

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.by_hand import BEGIN, SPAN, every, made_of, process
from rules_tests.fleets.generate import KINDS, fleet
from rules_tests.fleets.values import MINUTES, WINDOWS, wrong_values
from tools import ROOT
from tools.promtool import Promtool

RULES = (ROOT / ALERTS).read_text(encoding="utf-8")
BATCH = 3
"""How many fleets one promtool process runs."""

SHORT_LIVES = ("back to back", "same value")
"""Kinds in which a process may end twice in a minute; a record may lack that minute's counts."""


@pytest.mark.parametrize("first", range(0, len(KINDS), BATCH))
def test_no_value_is_wrong_on_any_kind_of_fleet(first: int) -> None:
    seeds = range(len(KINDS))[first : first + BATCH]
    made = [replace(fleet(seed), latency=True) for seed in seeds]
    found = {
        one.name: [
            each
            for each in wrong
            if not one.name.endswith(SHORT_LIVES)
            or (each.what in {*MINUTES, *WINDOWS} and each.value > each.greatest)
        ]
        for one, wrong in zip(made, wrong_values(Promtool.found(), RULES, made), strict=True)
    }
    assert {name: wrong[:3] for name, wrong in found.items() if wrong} == {}


def _told(rules: str) -> set[str]:
    """The wrong records of one process that flushes steadily and fails at times."""
    events = [
        *every(10, 0, SPAN, succeeded=1, prompt=9, completion=1),
        *every(70, BEGIN, SPAN, failed=1),
    ]
    steady = replace(made_of(process(events)), latency=True)
    return {wrong.what for wrong in wrong_values(Promtool.found(), rules, [steady])[0]}


def test_nothing_is_told_of_a_process_that_is_scraped_in_time() -> None:
    assert _told(RULES) == set()


@pytest.mark.parametrize("record", [next(iter(MINUTES)), next(iter(WINDOWS))])
def test_a_record_of_a_third_more_is_told(record: str) -> None:
    more = f"record: {record}\n        expr: 4 / 3 *"
    rules = RULES.replace(f"record: {record}\n        expr:", more).replace(
        "4 / 3 * |-\n", "|-\n          4 / 3 *\n"
    )
    assert rules != RULES
    assert record in _told(rules)


def test_latency_that_is_recorded_of_one_bucket_is_told() -> None:
    family = "compozy_llm_usage_latency_seconds_bucket"
    rules = RULES.replace(f"{family} ", family + '{le=~"0.001|.Inf"} ')
    assert rules != RULES
    assert "p95" in _told(rules)
