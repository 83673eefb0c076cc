"""The known limits are as docs/alerts.md says, and the judge does not count them as errors."""

from delivery.targets import ALERTS
from rules_tests.fleets.judge import judge
from rules_tests.fleets.limits import UNSEEN
from rules_tests.fleets.run import firing
from tools import ROOT
from tools.promtool import Promtool


def test_nobody_could_know() -> None:
    rules = (ROOT / ALERTS).read_text(encoding="utf-8")
    every = firing(Promtool.found(), rules, [limit.fleet for limit in UNSEEN])
    fires = {}
    for limit, found in zip(UNSEEN, every, strict=True):
        fires[limit.name] = limit.alert in {alert for alert, _ in found}
        assert judge(limit.fleet, found).wrong == (), limit.name
    assert fires == {limit.name: limit.fires for limit in UNSEEN}
