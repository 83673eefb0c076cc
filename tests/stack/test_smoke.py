from dataclasses import replace

from stack.prometheus import RuleState
from stack.smoke import Observation

SEEN = Observation({"a": 1, "b": 2}, [RuleState("r", "ok", "", "")])


def test_nothing_is_missing_where_all_families_and_rules_are_well() -> None:
    assert SEEN.missing() == []


def test_a_family_without_series_is_missing() -> None:
    assert replace(SEEN, series={"a": 1, "b": 0}).missing() == ["no series of b"]


def test_a_rule_that_is_not_well_is_named_with_its_error() -> None:
    unwell = [RuleState("r", "err", "", "vector cannot contain"), RuleState("s", "unknown", "", "")]
    assert replace(SEEN, rules=unwell).missing() == [
        "rule r: health err (vector cannot contain)",
        "rule s: health unknown",
    ]


def test_a_prometheus_without_rules_is_not_well() -> None:
    assert replace(SEEN, rules=[]).missing() == ["no rules are loaded"]
