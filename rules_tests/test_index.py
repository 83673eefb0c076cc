"""Every test of the rules, on one promtool; `make test-engines` runs them on every engine."""

import pytest

from alerts.model import RecordingRule
from config import ALERT_NAMES, Config
from config.file import load
from contract.metrics import (
    BUCKET,
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_BUCKETS,
    USAGE_EVENTS,
    USAGE_FAILURES,
)
from delivery.targets import groups
from rules_tests.contract_times import EXTREMES
from rules_tests.index import OTHER, generated_tests, written_tests
from rules_tests.promtool_files import NamedTest, run
from tools.promtool import Promtool

WRITTEN = list(written_tests())


@pytest.mark.parametrize(
    "test",
    [*WRITTEN, *generated_tests(EXTREMES)],
    ids=lambda test: f"{test.file.stem}: {test.name}",
)
def test_on_the_rule_engine(test: NamedTest) -> None:
    run(test, Promtool.found())


@pytest.mark.parametrize("config", [Config(), load(OTHER)], ids=["default", "other"])
def test_the_increases_of_all_families_differ_in_the_name_alone(config: Config) -> None:
    """So `growth` tests one of them."""
    rules = [rule for group in groups(config) for rule in group.rules]
    built = {rule.record: rule.expr for rule in rules if isinstance(rule, RecordingRule)}
    of_failures = built[config.increased(USAGE_FAILURES.name)]
    for family in (USAGE_EVENTS, PROMPT_TOKENS, COMPLETION_TOKENS):
        expr = of_failures.replace(USAGE_FAILURES.name, family.name)
        assert built[config.increased(family.name)] == expr
    expr = of_failures.replace(USAGE_FAILURES.name, USAGE_BUCKETS).replace("model)", "model, le)")
    assert built[config.increased(USAGE_BUCKETS, None, *config.usage_labels, BUCKET)] == expr


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_each_alert_is_shown_quiet_and_firing_with_all_labels_and_annotations(alert: str) -> None:
    """By the files that are written by hand."""
    cases = [case for test in WRITTEN for case in test.body.get("alert_rule_test", ())]
    expected = [case.get("exp_alerts") or [] for case in cases if case["alertname"] == alert]
    assert [] in expected
    assert any(
        {"severity", "service", "component"} <= shown["exp_labels"].keys()
        and {"summary", "description", "runbook_url", "dashboard_url"}
        <= shown["exp_annotations"].keys()
        for alerts in expected
        for shown in alerts
    )
