"""Run one named test on one engine, with an allowance for vmalert, where alerts may fire later.

In Prometheus a rule reads the samples that the rules before it in its group have just recorded.
vmalert writes records in the background, so a rule reads those of the evaluation before. An alert
at the end of a chain of records is late by one evaluation for each record in the chain.

So a test that fails under vmalert is run again, with one allowance: what is expected to fire may
fire later, by at most the length of the longest chain. What is expected not to fire must not fire
at the very minute that the test names.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from config import Config
from contract.durations import parsed_duration, promql_duration
from rules_tests.engines.index import Vmalert
from rules_tests.promtool_files import EXPECTATIONS, NamedTest, objection, run
from rules_tests.rule_files import parsed, rule_name, rules_of
from tools.promtool import Promtool

NOT_ASKED = f"{Config().zero_traffic.activity_record(Config())}: "
"""Tests of activity at given minutes begin with this. A part of its value is late, and a part is
not, so under vmalert it is that of no minute; random fleets judge the alert that reads it."""

DIFFERENT = (
    "the average asks for a label set that was known an hour ago",
    "minutes without a scrape count as no tokens for half a window, then as unknown",
    "a label set that was known stays so while it is away, for the day that is averaged",
    "latency buckets are summed over replicas and outcomes, as rates of five minutes",
)
"""Tests of a record's value at the minute at which it appears, which is later under vmalert."""

PASS, FAIL, DIFFERS = "pass", "FAIL", "differs as documented"


class Verdict(NamedTuple):
    """The result of a test on an engine."""

    words: str
    """PASS, FAIL or DIFFERS, which may have the evaluations after it by which an alert is late."""
    message: str = ""
    """Why it failed."""


def judge(engine: Promtool, test: NamedTest) -> Verdict:
    """The verdict of `engine` on `test`."""
    other = isinstance(engine, Vmalert)
    if other and test.name.startswith(NOT_ASKED):
        return Verdict(DIFFERS)
    message = _objection(engine, test)
    if other and test.name in DIFFERENT:
        stale = Verdict(FAIL, "it passes: docs/engines.md and DIFFERENT need not name it")
        return Verdict(DIFFERS) if message else stale
    if not message:
        return Verdict(PASS)
    late = other and lateness(test, lambda part: not _objection(engine, part))
    return Verdict(f"{DIFFERS} (+{late})") if late else Verdict(FAIL, message)


def _objection(engine: Promtool, test: NamedTest) -> str:
    return objection(lambda: run(test, engine))


def lateness(test: NamedTest, passes: Callable[[NamedTest], bool]) -> int | None:
    """By how many evaluations expected alerts are late; None where that does not explain a failure.

    `passes` judges a test. None means that something fires which must not, or that something does
    not fire within as many evaluations as the chain is long.
    """
    cases = [(kind, case) for kind in EXPECTATIONS for case in test.body.get(kind, ())]
    quiet = [(kind, case) for kind, case in cases if not _fires(case)]
    if quiet and not passes(_only(test, *quiet)):
        return None
    late = [_late(test, kind, case, passes) for kind, case in cases if _fires(case)]
    known = [count for count in late if count is not None]
    return max(known, default=0) if len(known) == len(late) else None


def _late(
    test: NamedTest, kind: str, case: dict[str, Any], passes: Callable[[NamedTest], bool]
) -> int | None:
    """The fewest evaluations after which `case` holds, up to the length of the chain; else None."""
    step = parsed_duration(test.shared.get("evaluation_interval", "1m"))
    at = parsed_duration(str(case["eval_time"]))
    for count in range(1 + max(chains(test.rules).values())):
        later = {**case, "eval_time": promql_duration(at + count * step)}
        if passes(_only(test, (kind, later))):
            return count
    return None


def chains(texts: Sequence[str]) -> dict[str, int]:
    """For each record and alert, how many records are in the longest chain that it reads."""
    rules = [rule for text in texts for rule in rules_of(parsed(text))]
    records: set[str] = set()
    lengths: dict[str, int] = {}
    for rule in rules:
        # Where one name is part of another, a chain may be counted too long.
        read = [1 + lengths[record] for record in records if record in rule["expr"]]
        lengths[rule_name(rule)] = max(read, default=0)
        if "record" in rule:
            records.add(rule["record"])
    return lengths


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
