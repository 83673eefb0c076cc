"""The file of `mimirtool rules`, which refuses what it does not know."""

import re

import yaml

from config import Config
from contract.durations import parsed_duration, promql_duration
from delivery.targets.mimir import NAMESPACE, RULES, files
from delivery.targets.prometheus import rule_file


def test_it_holds_a_namespace_and_the_groups_of_the_rule_file_with_settle_as_a_field() -> None:
    found = yaml.safe_load(files(Config())[RULES])
    assert found.keys() == {"namespace", "groups"}
    assert found["namespace"] == NAMESPACE
    assert {group.pop("query_offset") for group in found["groups"]} == {"10s"}
    # The same looks, each ten seconds sooner, at an evaluation that is ten seconds in the past.
    text = rule_file(Config()).replace(" offset 10s", "")

    def sooner(found: re.Match[str]) -> str:
        return promql_duration(parsed_duration(found[0]) - Config().settle)

    rules = re.sub(r"(?<= offset )\d+m\d+s", sooner, text)
    assert found["groups"] == yaml.safe_load(rules)["groups"]
