import re
from dataclasses import replace

import pytest

from alerts.model import AlertingRule, RecordingRule
from alerts.token_spike import TokenSpike
from config import Config
from config.file import load
from contract.durations import minutes
from dashboards import compozy_monitoring
from delivery.targets import groups
from rules_tests.index import OTHER
from tests.dashboards.example import PANELS


def _rules(config: Config) -> list[RecordingRule | AlertingRule]:
    return [rule for group in groups(config) for rule in group.rules]


def test_every_number_of_a_rule_comes_from_the_configuration() -> None:
    other = replace(load(OTHER), evaluation_interval=minutes(0.5))
    for default, changed in zip(_rules(Config()), _rules(other), strict=True):
        # A minute's growth has times of its own; an average's are another's window by chance.
        if not getattr(default, "record", "").endswith(("increase1m", "avg24h")):
            # A comparison with 0 asks whether there is anything.
            assert _numbers(default) & _numbers(changed) <= {"0"}, default
        if isinstance(default, AlertingRule) and isinstance(changed, AlertingRule):
            assert default.for_ != changed.for_


def test_a_limit_has_all_its_digits() -> None:
    config = replace(Config(), token_spike=TokenSpike(factor=2.3456789))
    assert any(rule.expr.endswith("\n> 2.3456789") for rule in _rules(config))
    assert "2.3456789 * " in str(compozy_monitoring.dashboard(config))


def _numbers(rule: RecordingRule | AlertingRule) -> set[str]:
    without_names = re.sub(r"[a-z_]+:[a-z_]+:[a-z0-9_]+", "", rule.expr)
    return set(re.findall(r"(?<!\w)\d[\d.a-z]*", without_names))


def _records(config: Config) -> list[str]:
    return [rule.record for rule in _rules(config) if isinstance(rule, RecordingRule)]


@pytest.mark.parametrize("record", [*_records(Config()), *_records(load(OTHER))])
def test_a_record_is_named_level_metric_operation(record: str) -> None:
    assert re.fullmatch(r"[a-z_]+:compozy_llm_[a-z_]+:[a-z]+[a-z0-9_]*", record)


@pytest.mark.parametrize("record", _records(Config()))
def test_a_record_is_read_by_a_rule_or_a_panel(record: str) -> None:
    exprs = [rule.expr for rule in _rules(Config()) if getattr(rule, "record", "") != record]
    exprs += [target["expr"] for panel in PANELS for target in panel["targets"]]
    assert any(re.search(rf"\b{record}\b(?!:)", expr) for expr in exprs)
