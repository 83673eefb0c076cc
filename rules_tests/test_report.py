"""The page docs/alerts.md matches the rules."""

import pytest

from config import ALERT_NAMES, IngestionFailures
from rules_tests.report.__main__ import PAGE, text
from rules_tests.report.examples import RULES, failures
from tools import ROOT


def test_the_page_is_what_the_rules_do() -> None:
    """Where this fails, run `make docs`, look at what changed, and commit it."""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_the_page_shows_each_alerts_expression_and_runbook(alert: str) -> None:
    page = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    assert RULES[alert].expr in page
    assert f"](runbooks/{alert}.md)" in page


def test_an_example_that_does_not_fire_is_shown_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    below = {IngestionFailures.name: [failures(0.005, 20, charted=True)]}
    monkeypatch.setattr("rules_tests.report.__main__.EXAMPLES", below)
    page = text()
    assert "\n| 0.5 % of flushes fail for 20 minutes | never | never |\n" in page
    assert "\nThe alert was inactive. The red line is the threshold.\n" in page
