"""Grafana's own schema reads the rules, and a template engine like Grafana's fills their texts."""

import json
import typing
from collections.abc import Mapping

import pytest
from grafana_foundation_sdk.models.alerting import Rule

from config import Config, TokenSpike
from contract.document import Json
from rules_tests.case import braced
from rules_tests.promtool_files import RULES, judged
from sync.grafana_alerting import FileRule
from tests.delivery.targets.test_grafana_alerting import alerts_of, rules_of
from tests.documents import lost_by_grafana
from tools.promtool import Promtool

RULE_LIST = rules_of(Config())


@pytest.mark.parametrize("rule", RULE_LIST, ids=lambda rule: rule["title"])
def test_grafanas_schema_reads_a_rule_back_without_loss(rule: Json) -> None:
    assert lost_by_grafana(Rule, FileRule.model_validate(rule).as_json()) == []


def test_the_states_are_among_those_that_grafana_has() -> None:
    fields = typing.get_type_hints(Rule)
    for alert in Config().alerts.values():
        assert alert.no_data in typing.get_args(fields["no_data_state"])
        assert alert.error in typing.get_args(fields["exec_err_state"])


def _as_grafana(text: str, values: str) -> str:
    """A text of Grafana's, for Prometheus' template engine, of which Grafana's was made.

    It cannot make a table named as Grafana names it, but one of the same depth: `values`.
    """
    named = text.replace("$values.A.Value", "$values.arg0.arg0").replace(
        "$values.A", "$values.arg0"
    )
    return f"{{{{ $values := {values} }}}}{named}"


def test_a_translated_text_is_filled_like_prometheus_own() -> None:
    theirs = Config().token_spike.rule(Config(), "").annotations["description"]
    grafanas = alerts_of(Config())[TokenSpike.name]["annotations"]["description"]
    labels = {"component": "workflow", "provider": "openai", "model": "gpt-4o"}
    told = (
        "workflow on openai/gpt-4o used over 1000 times as many tokens in the last 15m as its 24h "
        "average (the limit is 3 times)."
    )
    texts = (theirs, _as_grafana(grafanas, "args (args $value)"))
    _expect(dict.fromkeys(texts, told), labels, "+Inf")


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        pytest.param("args", {}, id="neither value nor label"),
        pytest.param("args", {"component": "workflow"}, id="no value"),
        pytest.param("args (args $value)", {"rulename": "x"}, id="no label"),
    ],
)
def test_a_text_stands_without_a_value_and_without_labels(
    values: str, labels: dict[str, str]
) -> None:
    # On-call would read: LLM usage of [no value] on [no value]/[no value] is being lost.
    told = (
        "cannot be evaluated: its query failed, or returned no data. See the data source, and the "
        "rule in Grafana for the error."
    )
    filled = {
        _as_grafana(rule["annotations"][key], values): f"{name} {told}"
        for name, rule in alerts_of(Config()).items()
        for key in ("summary", "description")
    }
    assert filled
    _expect(filled, labels, "1")


def _expect(filled: Mapping[str, str], labels: dict[str, str], value: str) -> None:
    """Each text is filled as it stands there, for an alert with those labels and that value."""
    texts = {f"text_{number}": text for number, text in enumerate(filled)}
    rule = {"alert": "Alert", "expr": "x", "annotations": texts}
    annotations = {name: filled[text] for name, text in texts.items()}
    expected = {"exp_labels": labels, "exp_annotations": annotations}
    test = {
        "interval": "1m",
        "input_series": [{"series": f"x{braced(labels)}", "values": f"{value} {value}"}],
        "alert_rule_test": [{"alertname": "Alert", "eval_time": "1m", "exp_alerts": [expected]}],
    }
    document = json.dumps({"rule_files": [RULES.format(0)], "tests": [test]})
    rules = json.dumps({"groups": [{"name": "g", "rules": [rule]}]})
    assert "SUCCESS" in judged(Promtool.found(), document, rules)
