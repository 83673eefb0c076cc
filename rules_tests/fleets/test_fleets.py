"""Our rules on random fleets: no verdict is wrong. `make fleets` judges more, and other rules."""

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.fixed import BATCH, FLEETS, LIMITS, first_wrong
from rules_tests.fleets.generate import fleet
from rules_tests.fleets.shrink import reproduction
from tools import ROOT
from tools.promtool import Promtool


@pytest.mark.parametrize("first", range(0, FLEETS, BATCH))
def test_no_verdict_is_wrong_but_where_a_limit_is_known(first: int) -> None:
    promtool = Promtool.found()
    wrong = first_wrong(promtool, first)
    for seed in wrong.keys() - LIMITS:
        told = reproduction(promtool, ROOT / ALERTS, fleet(seed), wrong[seed])
        pytest.fail(told, pytrace=False)
    known = LIMITS.keys() & range(first, first + BATCH)
    assert wrong.keys() == known, "no limit any more: take it out of LIMITS"
