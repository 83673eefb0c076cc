"""The records that only panels read."""

import re
from dataclasses import replace

import promql_parser
import pytest

from alerts.model import RecordingRule
from config import Config
from contract.durations import minutes
from delivery.targets import groups
from tests.dashboards.example import PANELS


def _expressions(config: Config) -> dict[str, str]:
    rules = groups(config)[1].rules
    return {rule.record: rule.expr for rule in rules if isinstance(rule, RecordingRule)}


RECORDS = _expressions(Config())


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_parses_and_is_read(record: str) -> None:
    promql_parser.parse(RECORDS[record])
    panels = [target["expr"] for panel in PANELS for target in panel["targets"]]
    others = [expr for name, expr in RECORDS.items() if name != record]
    assert any(record in expr for expr in (*panels, *others))


def test_the_windows_come_from_the_configuration() -> None:
    default = Config()
    other = _expressions(
        Config(
            token_spike=replace(default.token_spike, window=minutes(11)),
            dashboard=replace(
                default.dashboard, coverage_window=minutes(7), rate_window=minutes(4)
            ),
        )
    )
    spans = r"(?:\[|offset )(\w+)"
    windows = {
        record.partition("compozy_llm_")[2]: set(re.findall(spans, expr))
        for record, expr in other.items()
    }
    windows.pop("usage_latency_seconds_bucket:increase1m")  # of a minute, whatever the windows
    assert windows == {
        "usage_failures:increase7m": {"7m"},
        "usage_events:increase7m": {"7m"},
        "prompt_tokens:increase11m": {"11m"},
        "completion_tokens:increase11m": {"11m"},
        "usage_latency_seconds_bucket:rate4m": {"3m30s"},
    }
