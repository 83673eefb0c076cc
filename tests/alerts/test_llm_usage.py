import re
from dataclasses import replace

import pytest

from alerts.model import AlertingRule
from config import Config
from config.file import load
from contract.durations import minutes
from contract.metrics import Label, TargetLabel
from delivery.targets import groups
from tests.config.example import OTHER

RULES = [rule for group in groups(Config()) for rule in group.rules]
ALERTS = [rule for rule in RULES if isinstance(rule, AlertingRule)]


def test_the_alerts_and_severities_of_the_contract_are_there() -> None:
    severities = {alert.alert: alert.labels["severity"] for alert in ALERTS}
    assert severities.items() >= {
        ("LLMUsageIngestionFailuresCritical", "critical"),
        ("LLMUsageTokenSpikeWarning", "warning"),
        ("LLMUsageZeroTrafficWarning", "warning"),
    }


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.alert)
def test_no_static_label_overrides_a_label_of_the_series(alert: AlertingRule) -> None:
    assert alert.labels.keys() == {"severity", "service"}
    assert not alert.labels.keys() & {*Label, *TargetLabel}


def test_every_number_of_an_alert_comes_from_the_configuration() -> None:
    other = replace(load(OTHER), evaluation_interval=minutes(0.5))
    alerts = [rule for rule in groups(other)[0].rules if isinstance(rule, AlertingRule)]
    for default, changed in zip(ALERTS, alerts, strict=True):
        stray = _numbers(default) & _numbers(changed)
        # A comparison with 0 asks whether there is anything.
        assert stray <= {"0"}, default.alert
        assert default.for_ != changed.for_


def _numbers(alert: AlertingRule) -> set[str]:
    without_names = re.sub(r"[a-z_]+:[a-z_]+:[a-z0-9_]+", "", alert.expr)
    return set(re.findall(r"(?<!\w)\d[\d.a-z]*", without_names))


def test_the_groups_pace_is_the_contracts_and_configurable() -> None:
    assert groups(Config())[0].to_dict()["interval"] == "1m"
    other = replace(Config(), evaluation_interval=minutes(2))
    assert groups(other)[0].to_dict()["interval"] == "2m"
