"""The records that only panels read."""

import re
from dataclasses import replace

import promql_parser
import pytest

from contract.config import Config
from contract.durations import minutes
from contract.names import PanelRecord, Record
from dashboards.records import records
from delivery.targets import groups
from tests.dashboards.example import PANELS

RECORDS = records(Config())


def test_every_name_is_recorded_once_in_a_group_of_their_own() -> None:
    alerts, panels = groups(Config())
    assert panels.name == "compozy-llm-usage-dashboard"
    assert [getattr(rule, "record", None) for rule in panels.rules] == list(PanelRecord)
    assert panels.interval == alerts.interval
    assert not set(PanelRecord) & set(Record)


@pytest.mark.parametrize("record", PanelRecord)
def test_a_record_is_named_level_metric_operation_parses_and_is_read(record: PanelRecord) -> None:
    assert re.fullmatch(r"[a-z_]+:compozy_llm_[a-z_]+:[a-z]+[a-z0-9_]*", record)
    promql_parser.parse(RECORDS[record])
    assert any(record in target["expr"] for panel in PANELS for target in panel["targets"])


def test_the_windows_come_from_the_configuration() -> None:
    default = Config()
    other = records(
        Config(
            token_spike=replace(default.token_spike, window=minutes(11)),
            dashboard=replace(
                default.dashboard, coverage_window=minutes(7), rate_window=minutes(4)
            ),
        )
    )
    spans = r"(?:\[|offset )(\w+)"
    windows = {record: set(re.findall(spans, expr)) for record, expr in other.items()}
    assert windows == {
        PanelRecord.FAILURES_15M: {"7m"},
        PanelRecord.EVENTS_15M: {"7m"},
        PanelRecord.PROMPT_TOKENS_15M: {"11m"},
        PanelRecord.COMPLETION_TOKENS_15M: {"11m"},
        PanelRecord.LATENCY_5M: {"4m"},
    }
