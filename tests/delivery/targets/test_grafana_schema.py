"""Grafana's own schema reads the rules, and a template engine like Grafana's fills their texts."""

import copy
import json
import typing
from pathlib import Path

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.alerting import Rule

from config import ALERT_NAMES, Config, TokenSpike
from contract.document import Json
from delivery.targets.prometheus import body
from sync.grafana_alerting import FileRule
from tests.delivery.targets.test_grafana_alerting import rules_of
from tests.documents import lost
from tools.promtool import Promtool

RULE_LIST = rules_of(Config())


@pytest.mark.parametrize("rule", RULE_LIST, ids=lambda rule: rule["title"])
def test_grafanas_schema_reads_a_rule_back_without_loss(rule: Json) -> None:
    written = FileRule.model_validate(rule).as_json()
    register_default_plugins()
    read = Rule.from_json(copy.deepcopy(written))
    assert list(lost(written, json.loads(json.dumps(read, cls=JSONEncoder)), "")) == []


def test_the_states_are_among_those_that_grafana_has() -> None:
    fields = typing.get_type_hints(Rule)
    for alert in Config().alerts.values():
        assert alert.no_data in typing.get_args(fields["no_data_state"])
        assert alert.error in typing.get_args(fields["exec_err_state"])


def _text_of(rules: list[Json], name: str, key: str) -> str:
    (found,) = (rule for rule in rules if name in {rule.get("alert"), rule.get("title")})
    return str(found["annotations"][key])


def test_a_translated_text_is_filled_like_prometheus_own(tmp_path: Path) -> None:
    theirs = [rule for group in body(Config())["groups"] for rule in group["rules"]]
    # Prometheus' template engine is the one that Grafana's was made of. It cannot make a table
    # named as Grafana names it, but one of the same depth.
    grafanas = _named(_text_of(RULE_LIST, TokenSpike.name, "description"))
    texts = {
        "prometheus": _text_of(theirs, TokenSpike.name, "description"),
        "grafana": f"{{{{ $values := args (args $value) }}}}{grafanas}",
    }
    labels = {"component": "workflow", "provider": "openai", "model": "gpt-4o"}
    told = (
        "workflow on openai/gpt-4o used over 1000 times as many tokens in the last 15m as its 24h "
        "average (the limit is 3 times)."
    )
    _expect(tmp_path, texts, labels, "+Inf", told)


@pytest.mark.parametrize("name", ALERT_NAMES)
@pytest.mark.parametrize(
    ("values", "labels"),
    [
        pytest.param("args", {"alertname": "DatasourceError"}, id="neither value nor label"),
        pytest.param("args", {"component": "workflow"}, id="no value"),
        pytest.param("args (args $value)", {"rulename": "x"}, id="no label"),
    ],
)
def test_a_text_stands_without_a_value_and_without_labels(
    name: str, values: str, labels: dict[str, str], tmp_path: Path
) -> None:
    # On-call would read: LLM usage of [no value] on [no value]/[no value] is being lost.
    for key in ("summary", "description"):
        text = f"{{{{ $values := {values} }}}}{_named(_text_of(RULE_LIST, name, key))}"
        told = (
            f"{name} cannot be evaluated: its query failed, or returned no data. See the data "
            "source, and the rule in Grafana for the error."
        )
        _expect(tmp_path, {"grafana": text}, labels, "1", told)


def _named(text: str) -> str:
    return text.replace("$values.A.Value", "$values.arg0.arg0").replace("$values.A", "$values.arg0")


def _expect(
    folder: Path, texts: dict[str, str], labels: dict[str, str], value: str, filled: str
) -> None:
    """Each of `texts` is `filled` for an alert with those labels and that value."""
    labels = {key: label for key, label in labels.items() if key != "alertname"}
    rule = {"alert": "Alert", "expr": "x", "annotations": texts}
    rules = {"groups": [{"name": "g", "rules": [rule]}]}
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    series = ", ".join(f'{key}="{label}"' for key, label in labels.items())
    expected = {"exp_labels": labels, "exp_annotations": dict.fromkeys(texts, filled)}
    test = {
        "interval": "1m",
        "input_series": [{"series": f"x{{{series}}}", "values": f"{value} {value}"}],
        "alert_rule_test": [{"alertname": "Alert", "eval_time": "1m", "exp_alerts": [expected]}],
    }
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "tests": [test]}))
    assert "SUCCESS" in Promtool.found().test_rules(file)
