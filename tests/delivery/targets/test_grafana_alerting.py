"""Grafana-managed rules say what the rule file says, in the form that Grafana's loader takes."""

import json
import re
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.models.alerting import Rule

from config import ALERT_NAMES, Config, Dashboard, IngestionFailures, TokenSpike
from contract.document import Json
from dashboards import compozy_monitoring
from dashboards.variables import BY_GRAFANA
from delivery.targets.grafana_alerting import EVERY_SERIES, RULES, files, translated
from delivery.targets.prometheus import rule_file
from rules_tests.case import braced
from rules_tests.promtool_files import RULES as RULE_FILE
from rules_tests.promtool_files import judged
from sync.grafana_alerting import FileRule
from tests.delivery.targets.test_grafana import BINDS, expanded
from tests.delivery.targets.test_index import CHANGED
from tests.documents import lost_by_grafana
from tools import ROOT
from tools.promtool import Promtool

OTHER = Config(failures=IngestionFailures(threshold=0.037), token_spike=TokenSpike(factor=7.5))
CONFIGS = pytest.mark.parametrize("config", [Config(), OTHER, CHANGED], ids=["", "other", "labels"])


def groups_of(config: Config) -> list[Json]:
    document = yaml.safe_load(files(config)[RULES])
    assert document["apiVersion"] == 1
    return list(document["groups"])


def rules_of(config: Config) -> list[Json]:
    return [rule for group in groups_of(config) for rule in group["rules"]]


def alerts_of(config: Config) -> dict[str, Json]:
    return {rule["title"]: rule for rule in rules_of(config) if "record" not in rule}


GUARDED = re.compile(
    r"\{\{ if and \$labels\.component \$values\.A \}\}(.*)\{\{ else \}\}.*\{\{ end \}\}"
)
"""A text with what stands in its place where there are no labels and no value."""


@CONFIGS
def test_a_rule_says_what_that_of_the_rule_file_says(config: Config) -> None:
    ours, theirs = groups_of(config), yaml.safe_load(rule_file(config))["groups"]
    for group, other in zip(ours, theirs, strict=True):
        assert (group["name"], group["interval"]) == (other["name"], other["interval"])
        assert expanded(group["folder"], {}) == config.dashboard.folder
        for pair in zip(group["rules"], other["rules"], strict=True):
            _compare(*pair, config)


def _compare(rule: Json, theirs: Json, config: Config) -> None:
    assert rule["title"] == theirs.get("record", theirs.get("alert"))
    value = promql_parser.parse(rule["data"][0]["model"]["expr"]).prettify()
    whole: Any = promql_parser.parse(theirs["expr"])
    if "record" in theirs:
        written = {"metric": theirs["record"], "from": rule["data"][0]["refId"]}
        assert rule["record"] == {**written, "targetDatasourceUid": config.datasource_uid}
        assert whole.prettify() == value
        return
    query, condition = rule["data"]
    assert (query["refId"], condition["refId"]) == ("A", "B") == ("A", rule["condition"])
    asked: Json = {"type": "math", "expression": EVERY_SERIES}
    if whole.prettify() != value:
        assert (str(whole.op), whole.lhs.prettify()) == (">", value)
        limit = {"evaluator": {"type": "gt", "params": [whole.rhs.val]}}
        asked = {"type": "threshold", "expression": "A", "conditions": [limit]}
    assert asked.items() <= condition["model"].items()
    assert rule["for"] == theirs.get("for", "0s")
    # Labels and annotations are the same once their templates are translated back.
    assert {key: expanded(each, {}) for key, each in rule["labels"].items()} == theirs["labels"]
    back = {
        key: GUARDED.sub(r"\1", text).replace("$values.A.Value", "$value")
        for key, text in rule["annotations"].items()
        if not key.startswith("__")
    }
    assert back == theirs["annotations"]


def test_a_value_is_translated_wherever_a_template_names_it_and_nowhere_else() -> None:
    theirs = "$value {{ if gt $value 1.0 }}{{$value}}{{ end }} {{ $labels.value }}"
    ours = "$value {{ if gt $values.A.Value 1.0 }}{{$values.A.Value}}{{ end }} {{ $labels.value }}"
    assert GUARDED.sub(r"\1", translated(theirs, "Alert")) == ours
    assert translated("costs $value", "Alert") == "costs $value"


def test_one_record_tells_that_grafana_wrote_it_and_no_alert_reads_that_one() -> None:
    # The dashboard would take alerts that nothing of Prometheus' kind evaluates for inactive. In
    # what an alert reads a label more would be a label more of the alert.
    (marked,) = (rule for rule in rules_of(Config()) if rule.get("labels") == BY_GRAFANA)
    assert "record" in marked
    for rule in rules_of(Config()):
        if rule is not marked:
            assert marked["title"] not in rule["data"][0]["model"]["expr"]


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_templates_use_only_what_grafana_has(name: str) -> None:
    for text in alerts_of(Config())[name]["annotations"].values():
        assert "${" not in text  # the loader would take it for a variable
        for action in re.findall(r"\{\{(.*?)\}\}", text):
            words = set(re.findall(r"[$\w.]+", action))
            rest = {word for word in words if not re.fullmatch(r"\$labels\.\w+|[\d.]+", word)}
            values = {"$values.A", "$values.A.Value"}
            functions = {"humanize", "humanizeDuration", "humanizePercentage"}
            assert rest <= values | functions | {"if", "else", "end", "and", "gt"}


def test_a_uid_is_grafanas_and_a_names_own_whatever_the_values() -> None:
    # Grafana would take another uid for another rule, and forget what was pending.
    default, other, changed = (
        {rule["title"]: rule["uid"] for rule in rules_of(each)}
        for each in (Config(), OTHER, CHANGED)
    )
    assert default == other
    assert default["LLMUsageIngestionFailuresCritical"] == "LLMUsageIngestionFailuresCritical"
    assert default["component:compozy_llm_usage_events:increase1m"] == "compozy-fad03419035b6271"
    assert set(default.values()) & set(changed.values()) == set(ALERT_NAMES)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,40}", uid) for uid in default.values())
    assert len(set(default.values())) == len(rules_of(Config()))


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_an_alert_leads_to_the_panel_that_shows_it_and_has_its_own_states(name: str) -> None:
    config = Config(dashboard=Dashboard(uid="mine"))
    shown = compozy_monitoring.dashboard(config)
    rule, alert = alerts_of(config)[name], config.alert(name)
    assert rule["dashboardUid"] == rule["annotations"]["__dashboardUid__"] == "mine"
    assert str(rule["panelId"]) == rule["annotations"]["__panelId__"]
    assert rule["panelId"] in {panel["id"] for panel in shown["panels"]}
    assert (rule["noDataState"], rule["execErrState"]) == (alert.no_data, alert.error)
    states = get_type_hints(Rule)
    assert alert.no_data in get_args(states["no_data_state"])
    assert alert.error in get_args(states["exec_err_state"])
    # A critical tells when its query fails; one that is gone is over at the next evaluation.
    assert (rule["execErrState"] == "Error") == (rule["labels"]["severity"] == "critical")
    assert rule["missing_series_evals_to_resolve"] == 1


@pytest.mark.parametrize("rule", rules_of(Config()), ids=lambda rule: rule["title"])
def test_grafanas_schema_reads_a_rule_back_without_loss(rule: Json) -> None:
    assert lost_by_grafana(Rule, FileRule.model_validate(rule).as_json()) == []


def test_the_stack_of_compose_does_not_evaluate_the_rules_twice() -> None:
    for source in BINDS.values():
        assert not (ROOT / RULES).is_relative_to((ROOT / "cluster" / source).resolve())


def _as_grafana(text: str, values: str) -> str:
    """Grafana's `text`, rewritten so that Prometheus' template engine fills it as Grafana would.

    Both engines have the same functions, but Prometheus' has no `$values`. Here it is what the
    expression `values` makes, whose keys can only be called arg0.
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
    document = json.dumps({"rule_files": [RULE_FILE.format(0)], "tests": [test]})
    rules = json.dumps({"groups": [{"name": "g", "rules": [rule]}]})
    assert "SUCCESS" in judged(Promtool.found(), document, rules)
