"""The file of `mimirtool rules`, which refuses what it does not know."""

import re

import yaml

from contract.config import Config
from delivery.targets.mimir import NAMESPACE, RULES, files
from delivery.targets.prometheus import ALERTS
from delivery.targets.prometheus import files as prometheus

TEXT = files(Config())[RULES]


def test_it_holds_a_namespace_and_the_groups_of_the_rule_file_and_nothing_else() -> None:
    groups = yaml.safe_load(prometheus(Config())[ALERTS])["groups"]
    assert yaml.safe_load(TEXT) == {"namespace": NAMESPACE, "groups": groups}


def test_the_rules_have_only_the_fields_of_prometheus_rule_files() -> None:
    for group in yaml.safe_load(TEXT)["groups"]:
        assert group.keys() == {"name", "interval", "rules"}
        for rule in group["rules"]:
            assert rule.keys() <= {"record", "alert", "expr", "for", "labels", "annotations"}


def test_the_command_in_its_head_names_the_file_and_the_namespace() -> None:
    (command,) = re.findall(r"^# (mimirtool .*)$", TEXT, re.MULTILINE)
    assert command.split() == [
        "mimirtool", "rules", "sync", f"--namespaces={NAMESPACE}", str(RULES),
    ]  # fmt: skip
