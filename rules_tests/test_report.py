"""The page docs/alerts.md matches the rules."""

import pytest

from config import ALERT_NAMES
from rules_tests.report.__main__ import PAGE, text
from rules_tests.report.examples import RULES
from tools import ROOT


def test_the_page_is_what_the_rules_do() -> None:
    """Where this fails, run `make docs`, look at what changed, and commit it."""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_the_page_shows_each_alerts_expression_and_runbook(alert: str) -> None:
    page = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    assert RULES[alert].expr in page
    assert f"](runbooks/{alert}.md)" in page
