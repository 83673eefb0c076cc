from collections import Counter

import pytest

from rules_tests.mutants.rules import mutants
from rules_tests.rule_files import rules_of

ALERT = {
    "alert": "Down",
    "expr": "up == 0",
    "for": "4m",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "It is down."},
}
RECORD = {"record": "a:b:c", "expr": "sum(up)"}
MUTANTS = {
    mutant.name: mutant for mutant in mutants({"groups": [{"name": "g", "rules": [RECORD, ALERT]}]})
}


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("0 to 1: up == 0", {"expr": "up == 1"}),
        ("for halved", {"for": "2m"}),
        ("for doubled", {"for": "8m"}),
        ("for removed", {"for": None}),
        ("labels: severity changed", {"labels": {"severity": "critical (changed)"}}),
        ("labels: severity removed", {"labels": {}}),
        ("annotations: summary changed", {"annotations": {"summary": "It is down. (changed)"}}),
        ("annotations: summary removed", {"annotations": {}}),
    ],
)
def test_a_mutant_differs_in_one_thing(what: str, changed: dict[str, object]) -> None:
    alert = {key: value for key, value in {**ALERT, **changed}.items() if value is not None}
    assert rules_of(MUTANTS[f"Down: {what}"].document) == [RECORD, alert]


def test_each_rule_is_deleted_once() -> None:
    assert rules_of(MUTANTS["Down: rule deleted"].document) == [RECORD]
    assert rules_of(MUTANTS["a:b:c: rule deleted"].document) == [ALERT]


def test_mutants_of_one_name_are_numbered() -> None:
    rule = {"record": "a:b:c", "expr": "a > 1 or a > 1"}
    names = [mutant.name for mutant in mutants({"groups": [{"name": "g", "rules": [rule]}]})]
    assert "a:b:c: > to >=: a > 1" in names
    assert "a:b:c: > to >=: a > 1 #2" in names
    assert len(names) == len(set(names))


def test_a_mutants_difference_is_shown_line_by_line() -> None:
    assert MUTANTS["a:b:c: rule deleted"].diff.endswith("\n-record: a:b:c\n-expr: sum(up)")
    assert "-expr: up == 0\n+expr: up == 1" in MUTANTS["Down: 0 to 1: up == 0"].diff


def test_of_rules_that_differ_in_the_metric_alone_the_first_has_mutants() -> None:
    rules = [
        {"record": f"a:{name}:c", "expr": f"sum by (a, {label}b) (compozy_llm_{name} > 1)"}
        for name, label in (("one", ""), ("two", ""), ("bucket", "le, "))
    ]
    other = {"record": "a:d:c", "expr": "sum by (a, b) (compozy_llm_one > 2)"}
    found = mutants({"groups": [{"name": "g", "rules": [*rules, other]}]})
    counts = Counter(mutant.rule for mutant in found)
    assert counts["a:one:c"] == counts["a:d:c"] > 1
    assert (counts["a:two:c"], counts["a:bucket:c"]) == (1, 1)
