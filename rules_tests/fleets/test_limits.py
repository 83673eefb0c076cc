"""The known limits are as docs/alerts.md says, and the judge does not count them as errors."""

import pytest

from delivery.targets import ALERTS
from rules_tests.fleets.by_hand import LABEL_SET
from rules_tests.fleets.judge import WORKFLOWS, judge
from rules_tests.fleets.limits import Limit, limits
from rules_tests.fleets.run import firing
from tools import ROOT
from tools.promtool import Promtool


@pytest.mark.parametrize("limit", list(limits()), ids=lambda limit: limit.name)
def test_nobody_could_know(limit: Limit) -> None:
    rules = (ROOT / ALERTS).read_text(encoding="utf-8")
    (found,) = firing(Promtool.found(), rules, [limit.fleet])
    fires = {
        at for label_set in (LABEL_SET, WORKFLOWS) for at in found.get((limit.alert, label_set), ())
    }
    assert any(at > limit.since for at in fires) is limit.fires
    assert judge(limit.fleet, found).wrong == ()
