"""Grafana-managed rules say what the rule file says, in the form that Grafana's loader takes."""

import re
from typing import Any

import promql_parser
import pytest
import yaml

from alerts.model import AlertingRule, RecordingRule
from config import Config, IngestionFailures, TokenSpike
from contract.names import AlertName
from dashboards.queries import BY_GRAFANA
from delivery.targets.grafana_alerting import (
    EVERY_SERIES,
    RULES,
    files,
    translated,
)
from delivery.targets.prometheus import ALERTS, groups
from delivery.targets.prometheus import files as prometheus
from tests.delivery.targets.test_grafana import expanded
from tests.delivery.targets.test_index import CHANGED
from tools import ROOT

Json = dict[str, Any]

OTHER = Config(failures=IngestionFailures(threshold=0.037), token_spike=TokenSpike(factor=7.5))
CONFIGS = pytest.mark.parametrize("config", [Config(), OTHER, CHANGED], ids=["", "other", "labels"])

KNOWN = {
    "uid", "title", "condition", "data", "record", "dashboardUid", "panelId", "noDataState",
    "execErrState", "for", "keepFiringFor", "missing_series_evals_to_resolve", "annotations",
    "labels", "isPaused", "notification_settings",
}  # fmt: skip
"""What the loader reads of a rule. It says nothing of another key, and leaves it out."""


def groups_of(config: Config) -> list[Json]:
    document = yaml.safe_load(files(config)[RULES])
    assert document["apiVersion"] == 1
    return list(document["groups"])


def rules_of(config: Config) -> list[Json]:
    return [rule for group in groups_of(config) for rule in group["rules"]]


def alerts_of(config: Config) -> dict[str, Json]:
    return {rule["title"]: rule for rule in rules_of(config) if "record" not in rule}


ALERT_RULES = alerts_of(Config())
GUARDED = re.compile(
    r"\{\{ if and \$labels\.component \$values\.A \}\}(.*)\{\{ else \}\}.*\{\{ end \}\}"
)
"""A text with what stands in its place where there are no labels and no value."""
RULE_FILE = yaml.safe_load(prometheus(Config())[ALERTS])["groups"]


def _limit(rule: Json) -> float | None:
    """The limit of the condition, or none where every series is an alert."""
    query, condition = rule["data"]
    assert (query["refId"], condition["refId"]) == ("A", "B") == ("A", rule["condition"])
    assert condition["datasourceUid"] == "__expr__"
    asked = condition["model"]
    if asked["type"] == "math":
        assert asked["expression"] == EVERY_SERIES
        return None
    assert (asked["type"], asked["expression"]) == ("threshold", "A")
    (each,) = asked["conditions"]
    assert each["evaluator"]["type"] == "gt"
    (limit,) = each["evaluator"]["params"]
    return float(limit)


def _tree(expr: str) -> str:
    return str(promql_parser.parse(expr).prettify())


@CONFIGS
def test_every_group_and_rule_of_the_rule_file_is_there_in_its_order(config: Config) -> None:
    theirs = yaml.safe_load(prometheus(config)[ALERTS])["groups"]
    ours = groups_of(config)
    assert [(group["name"], group["interval"]) for group in ours] == [
        (group["name"], group["interval"]) for group in theirs
    ]
    for mine, other in zip(ours, theirs, strict=True):
        names = [rule.get("record") or rule["alert"] for rule in other["rules"]]
        assert [rule["title"] for rule in mine["rules"]] == names


@CONFIGS
def test_a_record_is_written_under_its_name_with_the_rule_files_expression(config: Config) -> None:
    records = [rule for group in groups(config) for rule in group.rules]
    wanted = {rule.record: rule.expr for rule in records if isinstance(rule, RecordingRule)}
    found = {}
    for rule in rules_of(config):
        if "record" in rule:
            (query,) = rule["data"]
            assert rule["record"]["from"] == query["refId"]
            assert rule["record"]["targetDatasourceUid"] == config.datasource_uid
            found[rule["record"]["metric"]] = query["model"]["expr"]
    assert found == wanted
    assert len(found) > 10


@CONFIGS
@pytest.mark.parametrize("name", AlertName)
def test_query_and_condition_together_are_the_rule_files_expression(
    config: Config, name: AlertName
) -> None:
    rule_file = yaml.safe_load(prometheus(config)[ALERTS])["groups"]
    (theirs,) = (r for group in rule_file for r in group["rules"] if r.get("alert") == name)
    rule = alerts_of(config)[name]
    value, limit = rule["data"][0]["model"]["expr"], _limit(rule)
    whole: Any = promql_parser.parse(theirs["expr"])
    if limit is None:
        assert whole.prettify() == _tree(value)
    else:
        assert str(whole.op) == ">"
        assert whole.rhs.val == limit
        assert whole.lhs.prettify() == _tree(value)
    assert rule["for"] == theirs.get("for", "0s")


def test_only_the_alert_on_silence_has_no_limit() -> None:
    without = [name for name, rule in ALERT_RULES.items() if _limit(rule) is None]
    assert without == [AlertName.ZERO_TRAFFIC]


@CONFIGS
@pytest.mark.parametrize("name", AlertName)
def test_labels_and_annotations_are_the_same_once_templates_are_translated_back(
    config: Config, name: AlertName
) -> None:
    (theirs,) = (
        rule
        for group in groups(config)
        for rule in group.rules
        if isinstance(rule, AlertingRule) and rule.alert == name
    )
    rule = alerts_of(config)[name]
    assert {key: expanded(value, {}) for key, value in rule["labels"].items()} == theirs.labels
    back = {
        key: GUARDED.sub(r"\1", text).replace("$values.A.Value", "$value")
        for key, text in rule["annotations"].items()
        if not key.startswith("__")
    }
    assert back == theirs.annotations


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("costs $value: {{ $value }}", "costs $value: {{ $values.A.Value }}"),
        (
            "{{ $value | humanize }} of {{ $labels.value }}",
            "{{ $values.A.Value | humanize }} of {{ $labels.value }}",
        ),
        (
            "{{ if gt $value 1.0 }}{{$value}}{{ end }}",
            "{{ if gt $values.A.Value 1.0 }}{{$values.A.Value}}{{ end }}",
        ),
    ],
)
def test_a_value_is_translated_wherever_a_template_names_it_and_nowhere_else(
    theirs: str, ours: str
) -> None:
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


@pytest.mark.parametrize("name", AlertName)
def test_templates_use_only_what_grafana_has(name: AlertName) -> None:
    for text in ALERT_RULES[name]["annotations"].values():
        assert "${" not in text  # the loader would take it for a variable
        for action in re.findall(r"\{\{(.*?)\}\}", text):
            words = set(re.findall(r"[$\w.]+", action))
            rest = {word for word in words if not re.fullmatch(r"\$labels\.\w+|[\d.]+", word)}
            values = {"$values.A", "$values.A.Value"}
            functions = {"humanize", "humanizeDuration", "humanizePercentage"}
            assert rest <= values | functions | {"if", "else", "end", "and", "gt"}


@CONFIGS
def test_a_rule_has_only_keys_that_the_loader_reads_at_the_top_level(config: Config) -> None:
    for group in groups_of(config):
        assert group.keys() == {"orgId", "name", "folder", "interval", "rules"}
        assert expanded(group["folder"], {}) == config.dashboard.folder
        for rule in group["rules"]:
            assert rule.keys() <= KNOWN
            assert {"uid", "title", "data"} <= rule.keys()
            assert ("condition" in rule) is not ("record" in rule)


@CONFIGS
def test_a_query_is_asked_once_for_the_time_of_the_evaluation(config: Config) -> None:
    for rule in rules_of(config):
        query = rule["data"][0]
        assert (query["model"]["instant"], query["model"]["range"]) == (True, False)
        assert query["relativeTimeRange"]["to"] == 0 < query["relativeTimeRange"]["from"]
        assert query["datasourceUid"] == config.datasource_uid
        assert query["model"]["datasource"] == {"type": "prometheus", "uid": config.datasource_uid}
        assert query["model"]["refId"] == query["refId"]


def test_the_stack_of_compose_does_not_evaluate_the_rules_twice() -> None:
    compose = yaml.safe_load((ROOT / "cluster/docker-compose.yml").read_text())
    for mount in compose["services"]["grafana"]["volumes"]:
        if isinstance(mount, dict):
            source = (ROOT / "cluster" / mount["source"]).resolve()
            assert not (ROOT / RULES).is_relative_to(source)
