"""What Grafana asks of a rule and Prometheus does not: uids, panels, states."""

import re

import pytest

from config import Config, Dashboard
from contract.names import AlertName
from dashboards import dashboards
from tests.delivery.targets.test_grafana_alerting import ALERT_RULES, OTHER, alerts_of, rules_of
from tests.delivery.targets.test_index import CHANGED
from tools import ROOT


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


PANELS = {
    AlertName.FAILURES: "Coverage (15m)",
    AlertName.TOKEN_SPIKE: "Tokens against the 24h average",
    AlertName.ZERO_TRAFFIC: "Last workflow event",
}


@pytest.mark.parametrize("name", AlertName)
def test_an_alert_leads_to_the_panel_that_shows_it(name: AlertName) -> None:
    config = Config(dashboard=Dashboard(uid="mine"))
    (shown,) = dashboards(config)
    titles = {panel["id"]: panel["title"] for panel in shown["panels"]}
    rule = alerts_of(config)[name]
    assert rule["dashboardUid"] == rule["annotations"]["__dashboardUid__"] == "mine"
    assert str(rule["panelId"]) == rule["annotations"]["__panelId__"]
    assert titles[rule["panelId"]] == PANELS[name]


def test_what_grafana_makes_of_nothing_and_of_errors_is_chosen_for_each_alert() -> None:
    chosen = {
        name: (rule["noDataState"], rule["execErrState"]) for name, rule in ALERT_RULES.items()
    }
    assert chosen == {
        AlertName.FAILURES: ("OK", "Error"),
        AlertName.TOKEN_SPIKE: ("OK", "KeepLast"),
        AlertName.ZERO_TRAFFIC: ("OK", "KeepLast"),
    }


def test_a_critical_tells_when_its_query_fails() -> None:
    for rule in ALERT_RULES.values():
        if rule["labels"]["severity"] == "critical":
            assert rule["execErrState"] == "Error"


def test_a_series_that_is_gone_is_over_at_the_next_evaluation() -> None:
    for rule in ALERT_RULES.values():
        assert rule["missing_series_evals_to_resolve"] == 1


def test_the_page_gives_each_alerts_states_as_they_are() -> None:
    page = (ROOT / "docs/grafana-alerting.md").read_text()
    told = re.findall(r"^\| (LLM\w+) \| (\w+) \| (\w+) \|", page, re.MULTILINE)
    assert told == [
        (name, rule["noDataState"], rule["execErrState"]) for name, rule in ALERT_RULES.items()
    ]
