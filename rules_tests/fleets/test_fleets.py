"""Our rules on random fleets: no verdict and no record is wrong; `make fleets` judges more."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.fixed import LIMITS, SEEDS, batches, first_wrong
from rules_tests.fleets.generate import KINDS, fleet
from rules_tests.fleets.judge import Wrong, judge
from rules_tests.fleets.run import FIRING, fires, samples
from rules_tests.fleets.shrink import reproduction
from rules_tests.fleets.values import COUNTS, expressions, wrong_values
from tools import ROOT
from tools.promtool import Promtool

SHORT_LIVES = ("back to back", "same value")
"""Kinds in which a process may end twice in a minute; a record may lack that minute's counts."""


def _assert_known(seeds: range, wrong: Mapping[int, Wrong]) -> None:
    """Assert that there are wrong verdicts on the fleets with a known limit, and on no others."""
    for seed in wrong.keys() - LIMITS:
        told = reproduction(Promtool.found(), ROOT / ALERTS, fleet(seed), wrong[seed])
        pytest.fail(told, pytrace=False)
    assert wrong.keys() == LIMITS.keys() & seeds, "no limit any more: take it out of LIMITS"


@pytest.mark.parametrize("seeds", batches(SEEDS[len(KINDS) :]), ids=str)
def test_no_verdict_is_wrong_but_where_a_limit_is_known(seeds: range) -> None:
    _assert_known(seeds, first_wrong(Promtool.found(), seeds))


@pytest.mark.parametrize("seeds", batches(SEEDS[: len(KINDS)], 3), ids=str)
def test_no_verdict_and_no_record_is_wrong_on_any_kind_of_fleet(seeds: range) -> None:
    made = [replace(fleet(seed), latency=True) for seed in seeds]
    rules = (ROOT / ALERTS).read_text(encoding="utf-8")
    asked = samples(Promtool.found(), rules, made, {**expressions(), **FIRING})
    found = list(zip(made, asked, strict=True))
    verdicts = [judge(one, fires(some)).wrong for one, some in found]
    _assert_known(
        seeds, {seed: some[0] for seed, some in zip(seeds, verdicts, strict=True) if some}
    )
    values = {
        one.name: [
            each
            for each in wrong_values(one, some)
            if not one.name.endswith(SHORT_LIVES)
            or (each.what in COUNTS and each.value > each.greatest)
        ]
        for one, some in found
    }
    assert {name: wrong[:3] for name, wrong in values.items() if wrong} == {}
