from datetime import timedelta

import pytest

from alerts.model import AlertingRule, RecordingRule
from contract.durations import minutes
from stack.history import rule_lines
from tests.preview.example import Example


def _api(metric: dict[str, str], *seconds: int) -> Example:
    """Has a series with samples at these of the first five minutes."""
    values = [2 if second in seconds else None for second in range(60, 301, 60)]
    return Example({"": [{"metric": metric, "values": values}]})


@pytest.mark.parametrize(
    ("seconds", "for_", "firing"),
    [
        ([60, 120, 180], 0, [60, 120, 180]),
        ([60, 120, 180], 60, [120, 180]),
        ([60, 120, 180], 120, [180]),
        ([60, 120, 180], 121, []),
        ([60, 120, 240, 300], 60, [120, 300]),  # a gap begins anew
    ],
)
def test_an_alert_fires_once_it_was_active_for_its_for(
    seconds: list[int], for_: int, firing: list[int]
) -> None:
    rule = AlertingRule("Down", "x", for_=timedelta(seconds=for_), labels={})
    lines = [*rule_lines(_api({}, *seconds), rule, range(60, 301, 60))]
    states = [line.split() for line in lines if line.startswith("ALERTS{")]
    assert [int(second) for _, _, second in states] == seconds
    assert [int(second) for name, _, second in states if "firing" in name] == firing


def test_an_alerts_history_has_the_labels_that_prometheus_gives_it() -> None:
    rule = AlertingRule("Down", "x", for_=minutes(1), labels={"severity": "warning"})
    assert [*rule_lines(_api({"model": "m"}, 60, 120), rule, range(60, 121, 60))] == [
        'ALERTS{model="m",severity="warning",alertname="Down",alertstate="pending"} 1 60\n',
        'ALERTS_FOR_STATE{model="m",severity="warning",alertname="Down"} 60 60\n',
        'ALERTS{model="m",severity="warning",alertname="Down",alertstate="firing"} 1 120\n',
        'ALERTS_FOR_STATE{model="m",severity="warning",alertname="Down"} 60 120\n',
    ]


def test_a_records_history_has_its_name_and_quoted_labels() -> None:
    api = _api({"__name__": "x", "model": 'a"b\\c\nd'}, 60)
    lines = [*rule_lines(api, RecordingRule("a:x:sum", "x"), range(60, 61, 60))]
    assert lines == ['a:x:sum{model="a\\"b\\\\c\\nd"} 2 60\n']
