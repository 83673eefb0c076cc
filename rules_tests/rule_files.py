"""Parsed rule files: their rules, and the ones among them that a test reads."""

import functools
import json
import re
from collections.abc import Callable, Collection
from typing import Any

import yaml

_ANY_ALERT = re.compile(r"ALERTS(?!\{alertname=)")

Rule = dict[str, Any]
Document = dict[str, Any]


@functools.cache
def parsed(text: str) -> Document:
    """The rule file `text`, one of our own; many tests read it, and none changes it."""
    document: Document = yaml.safe_load(text)
    return document


def rules_of(document: Document) -> list[Rule]:
    """All rules, in the order of evaluation."""
    return [rule for group in document["groups"] for rule in group["rules"]]


def rule_name(rule: Rule) -> str:
    """The name of the record or of the alert."""
    name: str = rule.get("record") or rule["alert"]
    return name


def changed(document: Document, change: Callable[[Rule], Rule | None]) -> Document:
    """The rule file with what `change` returns for each rule; None leaves it out."""
    return {
        "groups": [
            {**group, "rules": [rule for rule in map(change, group["rules"]) if rule]}
            for group in document["groups"]
        ]
    }


def only(document: Document, names: Collection[str]) -> str:
    """The text of the rule file with only the rules in `names`."""
    # JSON is valid YAML, and faster to write.
    return json.dumps(changed(document, lambda rule: rule if rule_name(rule) in names else None))


def needed(text: str, asked: Any) -> str:
    """The rule file `text`, one of our own, with only the rules that `asked` reads."""
    document = parsed(text)
    return only(document, rules_read(document, asked))


def rules_read(document: Document, asked: Any) -> set[str]:
    """The rules whose names stand in `asked`, and the rules that those read.

    `asked` is an expression, or the expectations of a test. ALERTS without the name of an alert are
    the series of all alerts.
    """
    text = json.dumps(asked)
    every = bool(_ANY_ALERT.search(text))
    rules = {rule_name(rule): rule for rule in rules_of(document)}
    read = {name for name, rule in rules.items() if name in text or ("alert" in rule and every)}
    while more := {
        name for name in rules.keys() - read if any(name in rules[each]["expr"] for each in read)
    }:
        read |= more
    return read
