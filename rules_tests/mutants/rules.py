"""Mutants of a rule file: each differs from it in one rule."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contract.durations import parsed_duration, promql_duration
from contract.metrics import BUCKET
from delivery.render import to_yaml
from rules_tests.mutants.promql import mutations, pretty
from rules_tests.rule_files import Document, Rule, changed, rule_name, rules_of


@dataclass(frozen=True)
class Mutant:
    """A rule file with one fault, and a `name` for it."""

    name: str
    rule: str
    document: Document
    diff: str


def mutants(document: Document) -> list[Mutant]:
    """All mutants of a parsed rule file. Raises ValueError where an expression does not parse.

    One function makes all expressions that differ in the metric alone. So only the first of them is
    mutated; the others have one mutant each, in which the rule is deleted.
    """
    found = []
    names: Counter[str] = Counter()
    shapes: set[str] = set()
    document = changed(document, lambda rule: {**rule, "expr": pretty(rule["expr"])})
    for rule in rules_of(document):
        shape = _shape(rule["expr"])
        changes = _mutated(rule) if shape not in shapes else [("rule deleted", {})]
        shapes.add(shape)
        for what, other in changes:
            name = f"{rule_name(rule)}: {what}"
            names[name] += 1
            number = f" #{names[name]}" if names[name] > 1 else ""
            mutated = _with(document, rule, other)
            found.append(Mutant(name + number, rule_name(rule), mutated, _diff(rule, other)))
    return found


def _shape(expr: str) -> str:
    """`expr` without the name of its metric, and without the label of histogram buckets."""
    return re.sub(rf", {BUCKET}\b|\b{BUCKET}, ", "", re.sub(r"\bcompozy_llm_\w+", "metric", expr))


def _mutated(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Each change of `rule`, and the changed rule, which is empty where it is deleted."""
    yield "rule deleted", {}
    for what, expr in mutations(rule["expr"]):
        yield what, {**rule, "expr": expr}
    if "for" in rule:
        span = parsed_duration(rule["for"])
        yield "for halved", {**rule, "for": promql_duration(span / 2)}
        yield "for doubled", {**rule, "for": promql_duration(span * 2)}
        yield "for removed", _without(rule, "for")
    for key in ("labels", "annotations"):
        texts: dict[str, str] = rule.get(key, {})
        for name, text in texts.items():
            yield f"{key}: {name} changed", {**rule, key: {**texts, name: f"{text} (changed)"}}
            yield f"{key}: {name} removed", {**rule, key: _without(texts, name)}


def _without(values: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}


def _with(document: Document, rule: Rule, other: Rule) -> Document:
    """The rule file with `other` in the place of its `rule`."""
    return changed(document, lambda each: other if each is rule else each)


def _diff(*rules: Rule) -> str:
    built, mutant = (to_yaml(rule, comment="").splitlines()[1:] if rule else [] for rule in rules)
    return "\n".join(difflib.unified_diff(built, mutant, "built", "mutant", lineterm="", n=2))
