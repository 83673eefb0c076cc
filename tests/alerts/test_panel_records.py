"""The records that only panels read."""

import re
from dataclasses import replace

import promql_parser
import pytest

from alerts.model import RecordingRule
from alerts.panel_records import group
from config import Config
from contract.durations import minutes
from contract.names import PanelRecord, Record
from delivery.targets import groups
from tests.dashboards.example import PANELS


def _expressions(config: Config) -> dict[str, str]:
    rules = group(config).rules
    return {rule.record: rule.expr for rule in rules if isinstance(rule, RecordingRule)}


RECORDS = _expressions(Config())


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
    windows = {record: set(re.findall(spans, expr)) for record, expr in other.items()}
    windows.pop(PanelRecord.LATENCY_1M)  # of a minute, whatever the windows
    assert windows == {
        PanelRecord.FAILURES_15M: {"7m"},
        PanelRecord.EVENTS_15M: {"7m"},
        PanelRecord.PROMPT_TOKENS_15M: {"11m"},
        PanelRecord.COMPLETION_TOKENS_15M: {"11m"},
        PanelRecord.LATENCY_5M: {"3m30s"},
    }
