"""Our rules on random fleets: no verdict is wrong. `make fleets` judges more, and other rules."""

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.generate import fleet
from rules_tests.fleets.judge import judge
from rules_tests.fleets.run import firing
from rules_tests.fleets.shrink import reproduction
from tools import ROOT
from tools.promtool import Promtool

FLEETS, BATCH = 60, 10
"""How many, and how many one promtool runs."""


@pytest.mark.parametrize("first", range(0, FLEETS, BATCH))
def test_no_verdict_is_wrong(first: int) -> None:
    promtool = Promtool.found()
    made = [fleet(seed) for seed in range(first, first + BATCH)]
    found = firing(promtool, (ROOT / ALERTS).read_text(encoding="utf-8"), made)
    for one, fires in zip(made, found, strict=True):
        wrong = judge(one, fires).wrong
        if wrong:
            pytest.fail(reproduction(promtool, ROOT / ALERTS, one, wrong[0]), pytrace=False)
