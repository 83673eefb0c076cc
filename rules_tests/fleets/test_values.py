"""Records that are wrong are reported, and those of a steady process are right."""

import re
from dataclasses import replace

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.model import BEGIN, HOUR, SPAN, every, made_of, process
from rules_tests.fleets.run import samples
from rules_tests.fleets.values import expressions, wrong_values
from tools import ROOT
from tools.promtool import Promtool

RULES = (ROOT / ALERTS).read_text(encoding="utf-8")


def _told(rules: str) -> set[str]:
    """The wrong records of one process that flushes steadily and fails at times."""
    events = [
        *every(10, 0, SPAN, succeeded=1, prompt=9, completion=1),
        *every(70, BEGIN, SPAN, failed=1),
    ]
    steady = replace(made_of(process(events)), latency=True, span=BEGIN + HOUR)
    (found,) = samples(Promtool.found(), rules, [steady], expressions())
    return {wrong.what for wrong in wrong_values(steady, found)}


def test_nothing_is_told_of_a_process_that_is_scraped_in_time() -> None:
    assert _told(RULES) == set()


@pytest.mark.parametrize("window", ["increase1m", "increase15m"])
def test_a_record_of_a_third_more_is_told(window: str) -> None:
    record = f"component_provider_model:compozy_llm_usage_failures:{window}"
    more = f"record: {record}\n        expr: 4 / 3 *"
    rules = RULES.replace(f"record: {record}\n        expr:", more).replace(
        "4 / 3 * |-\n", "|-\n          4 / 3 *\n"
    )
    assert rules != RULES
    assert record in _told(rules)


def test_latency_that_is_recorded_of_one_bucket_is_told() -> None:
    family = "compozy_llm_usage_latency_seconds_bucket"
    rules = re.sub(rf"{family}(?=[ [])", family + '{le=~"0.005|.Inf"}', RULES)
    assert rules != RULES
    assert "le 0.05" in _told(rules)
