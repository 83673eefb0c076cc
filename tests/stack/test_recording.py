from typing import Any

import pytest

from alerts.model import AlertingRule, RecordingRule
from contract.durations import minutes
from stack.prometheus import PrometheusApi
from stack.recording import alert_lines, alert_starts, in_levels, record_lines


class _Api(PrometheusApi):
    """Answers every range query with the same series."""

    def __init__(self, metric: dict[str, str], *seconds: int) -> None:
        super().__init__("http://127.0.0.1:1")
        self._series = {"metric": metric, "values": [[second, "2"] for second in seconds]}

    def query_range(self, *_: Any) -> list[dict[str, Any]]:
        return [self._series]


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
def test_an_alert_fires_once_it_was_true_for_its_hold(
    seconds: list[int], for_: int, firing: list[int]
) -> None:
    starts = alert_starts(seconds, 60)
    assert list(starts) == seconds
    assert [second for second, start in starts.items() if second - start >= for_] == firing


def test_an_alerts_history_has_the_labels_that_prometheus_gives_it() -> None:
    rule = AlertingRule("Down", "x", for_=minutes(1), labels={"severity": "warning"})
    lines = list(alert_lines(_Api({"model": "m"}, 60, 120), rule, range(60, 121, 60)))
    assert lines == [
        'ALERTS{model="m",severity="warning",alertname="Down",alertstate="pending"} 1 60\n',
        'ALERTS{model="m",severity="warning",alertname="Down",alertstate="firing"} 1 120\n',
        'ALERTS_FOR_STATE{model="m",severity="warning",alertname="Down"} 60 60\n',
        'ALERTS_FOR_STATE{model="m",severity="warning",alertname="Down"} 60 120\n',
    ]


def test_a_records_history_has_its_name_and_quoted_labels() -> None:
    api = _Api({"__name__": "x", "model": 'a"b\\c\nd'}, 60)
    lines = list(record_lines(api, RecordingRule("a:x:sum", "x"), range(60, 61, 60)))
    assert lines == ['a:x:sum{model="a\\"b\\\\c\\nd"} 2 60\n']


def test_a_record_is_evaluated_after_those_that_it_reads() -> None:
    first, second, third = (
        RecordingRule("a:x:sum", "x"),
        RecordingRule("a:y:sum", "a:x:sum"),
        RecordingRule("a:z:sum", "z"),
    )
    assert in_levels([first, second, third]) == [[first, third], [second]]
