"""The page docs/alerts.md matches the rules."""

import pytest

from config import ALERT_NAMES, Config
from contract.metrics import USAGE_EVENTS
from rules_tests.case import MINUTE, Series
from rules_tests.report.examples import RULES, evaluate
from rules_tests.report.page import PAGE, text
from tools import ROOT
from tools.promtool import PromtoolError

UP = Series("up", {"job": "compozy", "instance": "a:5001"}, lambda second: second // MINUTE)


def test_the_page_is_what_the_rules_do() -> None:
    """Where this fails, run `make docs`, look at what changed, and commit it."""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == text()


def test_values_are_read_minute_by_minute_and_absent_ones_are_absent() -> None:
    expressions = {
        "twice": "2 * up",
        "late": "up > 3",
        "nothing": Config().increased(USAGE_EVENTS.name),
    }
    curves = evaluate([UP], expressions, since=2 * MINUTE, until=5 * MINUTE)
    assert curves == {
        "": {
            "twice": {120: 4.0, 180: 6.0, 240: 8.0, 300: 10.0},
            "late": {240: 4.0, 300: 5.0},
            "nothing": {},
        }
    }


def test_an_expression_that_does_not_parse_is_promtools_error() -> None:
    with pytest.raises(PromtoolError, match="parse error"):
        evaluate([UP], {"broken": "up ("}, since=0, until=MINUTE)


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_the_page_shows_each_alerts_expression_and_runbook(alert: str) -> None:
    page = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    assert RULES[alert].expr in page
    assert f"](runbooks/{alert}.md)" in page
