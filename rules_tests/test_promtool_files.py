"""What the hand-written test files must have."""

from pathlib import Path

import pytest

from config import ALERT_NAMES
from rules_tests.promtool_files import load

FILES = sorted(Path(__file__).parent.glob("*_test.yaml"))


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_each_alert_is_shown_firing_and_shown_quiet(alert: str) -> None:
    shown = {
        fires
        for file in FILES
        for test in load(file)
        for name, fires in test.expectations()
        if name == alert
    }
    assert shown == {True, False}


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_each_alerts_labels_and_annotations_are_asserted_in_full(alert: str) -> None:
    expected = [
        shown
        for file in FILES
        for test in load(file)
        for case in test.body.get("alert_rule_test", ())
        if case["alertname"] == alert
        for shown in case.get("exp_alerts") or ()
    ]
    assert any(
        {"severity", "service", "component"} <= shown["exp_labels"].keys()
        and {"summary", "description", "runbook_url", "dashboard_url"}
        <= shown["exp_annotations"].keys()
        for shown in expected
    )
