"""Grafana-managed rules say what the rule file says, in the form that Grafana's loader takes."""

import re
from typing import Any

import promql_parser
import pytest
import yaml

from config import ALERT_NAMES, Config, Dashboard, IngestionFailures, TokenSpike
from contract.document import Json
from dashboards import compozy_monitoring
from dashboards.variables import BY_GRAFANA
from delivery.targets.grafana_alerting import EVERY_SERIES, RULES, files, translated
from delivery.targets.prometheus import rule_file
from tests.delivery.targets.test_grafana import BINDS, expanded
from tests.delivery.targets.test_index import CHANGED
from tools import ROOT

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


def _limit(rule: Json) -> float | None:
    """The limit of the condition, or none where every series is an alert."""
    query, condition = rule["data"]
    assert (query["refId"], condition["refId"]) == ("A", "B") == ("A", rule["condition"])
    match condition["model"]:
        case {"type": "math", "expression": expression}:
            assert expression == EVERY_SERIES
            return None
        case {"type": "threshold", "expression": "A", "conditions": [{"evaluator": asked}]}:
            assert asked["type"] == "gt"
            return float(asked["params"][0])
    raise AssertionError(condition)


def _paired(config: Config) -> list[tuple[Json, Json]]:
    """Each rule of Grafana's file with that of the rule file, in their order."""
    ours, theirs = groups_of(config), yaml.safe_load(rule_file(config))["groups"]
    for key in ("name", "interval"):
        assert [group[key] for group in ours] == [group[key] for group in theirs]
    return [
        pair
        for mine, other in zip(ours, theirs, strict=True)
        for pair in zip(mine["rules"], other["rules"], strict=True)
    ]


@CONFIGS
def test_a_rule_says_what_that_of_the_rule_file_says(config: Config) -> None:
    for rule, theirs in _paired(config):
        assert rule["title"] == theirs.get("record", theirs.get("alert"))
        value = promql_parser.parse(rule["data"][0]["model"]["expr"]).prettify()
        whole: Any = promql_parser.parse(theirs["expr"])
        if "record" in theirs:
            written = {"metric": theirs["record"], "from": rule["data"][0]["refId"]}
            assert rule["record"] == {**written, "targetDatasourceUid": config.datasource_uid}
            assert whole.prettify() == value
            continue
        assert rule["for"] == theirs.get("for", "0s")
        limit = _limit(rule)
        if limit is None:
            assert whole.prettify() == value
        else:
            assert (str(whole.op), whole.rhs.val, whole.lhs.prettify()) == (">", limit, value)
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
    # A critical tells when its query fails; one that is gone is over at the next evaluation.
    assert (rule["execErrState"] == "Error") == (rule["labels"]["severity"] == "critical")
    assert rule["missing_series_evals_to_resolve"] == 1


def test_the_stack_of_compose_does_not_evaluate_the_rules_twice() -> None:
    for source in BINDS.values():
        assert not (ROOT / RULES).is_relative_to((ROOT / "cluster" / source).resolve())
