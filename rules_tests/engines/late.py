"""The one real difference: under vmalert, alerts may fire some evaluations later.

In Prometheus a rule reads the samples that the rules before it in its group have just recorded.
vmalert writes records in the background, so a rule reads those of the evaluation before. An alert
at the end of a chain of records is late by one evaluation for each record in the chain.

So a test that fails under vmalert is run again, with one allowance: what is expected to fire may
fire later, by at most the length of the longest chain. What is expected not to fire must not fire
at the very minute that the test names.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from config import Config
from contract.durations import parsed_duration, promql_duration
from rules_tests.promtool_files import EXPECTATIONS, NamedTest
from rules_tests.rule_files import parsed, rule_name, rules_of

_ACTIVITY_RECORD = Config().zero_traffic.activity_record(Config())
_ACTIVITY = (
    "it grows by one every 5 seconds, in both replicas",
    "it stands still at one, and then gains three",
    "it is born at one on a target that is scraped",
    "it is initialised with zero",
    "it rises fast and is reset at once",
    "it comes back from a gap as it was",
    "it comes back from a gap at one",
    "it comes back from a gap with more",
    "it comes back from a gap with less, having been reset",
    "it comes back from a gap of 22 minutes",
    "it comes back from a gap with more, and is reset just after the step",
    "it is born in a step whose last scrape fails",
    "it is born in a step in which a scrape before it failed",
    "it is born again at the same value, while its target answers",
    "its target does not answer for three minutes, in which it grows",
    "its target answers once in six minutes, after which it grows",
    "its target does not answer for eight minutes, in which it stands still",
    "it comes back as it was a scrape after its target, which was away for ten minutes",
    "it rises and is reset within a step",
    "it is reset within a step in which it did not grow before",
    "it is reset within a step, and ends above where it began",
    "it is reset twice within a step",
    "it rises within a step and is reset at its end",
    "it ends and is born again within a step",
    "it misses one scrape that its target answers",
    "it is away for three minutes, before which a scrape of its target failed",
    "it is away for two minutes in which its target answers",
    "it is away for three minutes in which its target answers",
    "it is reset, and grows while its target does not answer",
    "it was there for ten minutes before a long gap, from which it comes as it was",
    "it is born a little after its target, in the same step",
    "it is born a little after its target, in a step whose last scrape fails",
    "it is born a little after its target, whose scrapes then fail for 20 seconds",
    "it comes with its target, and ends within the step",
    "it misses a scrape before the step, which its target answers",
    "it is reset twice between two scrapes of a step",
    "it comes with its target, which was away for ten minutes, and grows at once",
    "it comes as it was with its target, which was away for long, at the end of a step",
    "it comes as it was with its target, away for long, and grows after the step",
)
DIFFERENT = (
    "the average asks for a label set that was known an hour ago",
    "minutes without a scrape count as no tokens for half a window, then as unknown",
    "a label set that was known stays so while it is away, for the day that is averaged",
    "latency buckets are summed over replicas and outcomes, as rates of five minutes",
    "no lifetime of latencies is of now, of a target that is new or was not scraped for a while",
    *(f"{_ACTIVITY_RECORD}: {behaviour}" for behaviour in _ACTIVITY),
)
"""Tests of a record's value at the minute at which it appears, which is later under vmalert."""


def lateness(test: NamedTest, passes: Callable[[NamedTest], bool]) -> int | None:
    """By how many evaluations expected alerts are late; None where that does not explain a failure.

    `passes` judges a test. None means that something fires which must not, or that something does
    not fire within as many evaluations as the chain is long.
    """
    cases = list(_cases(test.body))
    quiet = [(kind, case) for kind, case in cases if not _fires(case)]
    if quiet and not passes(_only(test, *quiet)):
        return None
    latest = 0
    for kind, case in cases:
        if _fires(case):
            found = _late(test, kind, case, passes)
            if found is None:
                return None
            latest = max(latest, found)
    return latest


def _late(
    test: NamedTest, kind: str, case: dict[str, Any], passes: Callable[[NamedTest], bool]
) -> int | None:
    """The fewest evaluations after which `case` holds, up to the length of the chain; else None."""
    step = parsed_duration(test.shared.get("evaluation_interval", "1m"))
    at = parsed_duration(str(case["eval_time"]))
    for count in range(1 + max(chains(test.rule_files).values())):
        later = {**case, "eval_time": promql_duration(at + count * step)}
        if passes(_only(test, (kind, later))):
            return count
    return None


def chains(rule_files: tuple[Path, ...]) -> dict[str, int]:
    """For each record and alert, how many records are in the longest chain that it reads."""
    rules = [
        rule for file in rule_files for rule in rules_of(parsed(file.read_text(encoding="utf-8")))
    ]
    records: set[str] = set()
    lengths: dict[str, int] = {}
    for rule in rules:
        # Where one name is part of another, a chain may be counted too long.
        read = [1 + lengths[record] for record in records if record in rule["expr"]]
        lengths[rule_name(rule)] = max(read, default=0)
        if "record" in rule:
            records.add(rule["record"])
    return lengths


def _cases(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in EXPECTATIONS:
        for case in body.get(kind, ()):
            yield kind, case


def _fires(case: dict[str, Any]) -> bool:
    """Whether the case expects something to fire; a sample of value 0 means that nothing does."""
    samples = case.get("exp_samples") or ()
    return bool(case.get("exp_alerts")) or any(float(sample["value"]) for sample in samples)


def _only(test: NamedTest, *cases: tuple[str, dict[str, Any]]) -> NamedTest:
    """`test` with only these expectations."""
    body = {key: value for key, value in test.body.items() if key not in EXPECTATIONS}
    for kind, case in cases:
        body.setdefault(kind, []).append(case)
    return replace(test, body=body)
