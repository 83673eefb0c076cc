"""Our rules on random fleets: no verdict is wrong. `make fleets` judges more, and other rules."""

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.generate import fleet
from rules_tests.fleets.judge import judge
from rules_tests.fleets.run import firing
from rules_tests.fleets.shrink import reproduction
from rules_tests.rule_files import needed
from tools import ROOT
from tools.promtool import Promtool

FLEETS, BATCH = 60, 6
"""How many fleets there are, and how many one promtool process runs."""

LIMITS = {
    3: "lives of a minute that end and begin at one value, with scrapes that fail between them",
    30: "a burst of tokens in a gap of 12 minutes between scrapes, over LOOKBACK",
    35: "the one sample of a life, in its target's first minute, before scrapes that fail",
    57: "a series born again at its value in the third scrape, a minute apart, of a life",
}
"""Fleets with a wrong verdict, and why; docs/alerts.md describes these limits."""


@pytest.mark.parametrize("first", range(0, FLEETS, BATCH))
def test_no_verdict_is_wrong_but_where_a_limit_is_known(first: int) -> None:
    promtool = Promtool.found()
    made = {seed: fleet(seed) for seed in range(first, first + BATCH)}
    rules = needed((ROOT / ALERTS).read_text(encoding="utf-8"), "ALERTS")
    found = firing(promtool, rules, list(made.values()))
    wrong = {
        seed: (one, verdicts)
        for (seed, one), fires in zip(made.items(), found, strict=True)
        if (verdicts := judge(one, fires).wrong)
    }
    for seed in wrong.keys() - LIMITS:
        one, verdicts = wrong[seed]
        pytest.fail(reproduction(promtool, ROOT / ALERTS, one, verdicts[0]), pytrace=False)
    assert wrong.keys() == LIMITS.keys() & made.keys(), "no limit any more: take it out of LIMITS"
