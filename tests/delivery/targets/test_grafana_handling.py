"""What Grafana asks of a rule and Prometheus does not: uids, panels, states."""

import re

import pytest

from config import Config, Dashboard
from contract.names import AlertName
from dashboards import dashboards
from tests.delivery.targets.test_grafana_alerting import ALERT_RULES, OTHER, alerts_of, rules_of
from tests.delivery.targets.test_index import CHANGED


def test_a_uid_is_grafanas_and_unique() -> None:
    uids = [rule["uid"] for rule in rules_of(Config())]
    assert len(set(uids)) == len(uids)
    for each in uids:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", each)


def test_a_rule_keeps_its_uid_under_other_values() -> None:
    # Grafana would take another uid for another rule, and forget what was pending.
    uids = {rule["title"]: rule["uid"] for rule in rules_of(Config())}
    assert uids == {rule["title"]: rule["uid"] for rule in rules_of(OTHER)}
    assert uids["LLMUsageIngestionFailuresCritical"] == "LLMUsageIngestionFailuresCritical"
    assert uids["component:compozy_llm_usage_events:increase1m"] == "compozy-fad03419035b6271"


def test_a_record_of_another_name_has_another_uid() -> None:
    default, changed = ({rule["uid"] for rule in rules_of(each)} for each in (Config(), CHANGED))
    assert default & changed == set(AlertName)


@pytest.mark.parametrize("name", AlertName)
def test_an_alert_leads_to_the_panel_that_shows_it(name: AlertName) -> None:
    config = Config(dashboard=Dashboard(uid="mine"))
    (shown,) = dashboards(config)
    titles = {panel["id"]: panel["title"] for panel in shown["panels"]}
    rule = alerts_of(config)[name]
    assert rule["dashboardUid"] == rule["annotations"]["__dashboardUid__"] == "mine"
    assert str(rule["panelId"]) == rule["annotations"]["__panelId__"]
    assert titles[rule["panelId"]]


def test_what_grafana_makes_of_nothing_and_of_errors_is_the_alerts_choice() -> None:
    for alert in Config().alerts.values():
        rule = ALERT_RULES[alert.name]
        assert (rule["noDataState"], rule["execErrState"]) == (alert.no_data, alert.error)


def test_a_critical_tells_when_its_query_fails() -> None:
    for rule in ALERT_RULES.values():
        if rule["labels"]["severity"] == "critical":
            assert rule["execErrState"] == "Error"


def test_a_series_that_is_gone_is_over_at_the_next_evaluation() -> None:
    for rule in ALERT_RULES.values():
        assert rule["missing_series_evals_to_resolve"] == 1
