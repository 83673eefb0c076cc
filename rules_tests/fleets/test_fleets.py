"""Our rules on random fleets: no verdict and no record is wrong; `make fleets` judges more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.generate import KINDS, fleet
from rules_tests.fleets.judge import Judgement, judge
from rules_tests.fleets.run import FIRING, SEEDS, batches, fires, judgements, samples
from rules_tests.fleets.shrink import reproduction
from rules_tests.fleets.values import expressions, wrong_values
from rules_tests.rule_files import needed
from tools import ROOT
from tools.promtool import Promtool

MAY_LACK = {"back to back": "", "same value": "", "restarts": "le "}
"""Kinds in which records whose name begins so may lack a minute's counts: all where a process ends
twice in it, and a bucket that is at zero when it ends, after a restart."""


def _assert_right(judged: Mapping[int, Judgement]) -> None:
    for seed, judgement in judged.items():
        for wrong in judgement.wrong:
            told = reproduction(Promtool.found(), ROOT / ALERTS, fleet(seed), wrong)
            pytest.fail(told, pytrace=False)


@pytest.mark.parametrize("seeds", batches(SEEDS[len(KINDS) :]), ids=str)
def test_no_verdict_is_wrong(seeds: Sequence[int]) -> None:
    _assert_right(judgements(Promtool.found(), seeds))


def test_no_verdict_and_no_record_is_wrong_on_any_kind_of_fleet() -> None:
    made = [replace(fleet(seed), latency=True) for seed in SEEDS[: len(KINDS)]]
    asked = {**expressions(), **FIRING}
    rules = needed((ROOT / ALERTS).read_text(encoding="utf-8"), asked)
    found = list(zip(made, samples(Promtool.found(), rules, made, asked), strict=True))
    _assert_right({seed: judge(one, fires(some)) for seed, (one, some) in enumerate(found)})
    values = {
        one.name: [
            each
            for each in wrong_values(one, some)
            if each.value > each.greatest
            or not each.what.startswith(MAY_LACK.get(one.name.partition(", ")[2], "none"))
        ]
        for one, some in found
    }
    assert {name: wrong[:3] for name, wrong in values.items() if wrong} == {}
