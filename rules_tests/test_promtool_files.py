"""What the hand-written test files must have."""

import pytest

from config import ALERT_NAMES
from rules_tests.index import written_tests

CASES = [case for test in written_tests() for case in test.body.get("alert_rule_test", ())]


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_each_alert_is_shown_quiet_and_firing_with_all_labels_and_annotations(alert: str) -> None:
    expected = [case.get("exp_alerts") or [] for case in CASES if case["alertname"] == alert]
    assert [] in expected
    assert any(
        {"severity", "service", "component"} <= shown["exp_labels"].keys()
        and {"summary", "description", "runbook_url", "dashboard_url"}
        <= shown["exp_annotations"].keys()
        for alerts in expected
        for shown in alerts
    )
