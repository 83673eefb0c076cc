"""Run one named test on one engine, with an allowance for vmalert, where alerts may fire later.

In Prometheus a rule reads the samples that the rules before it in its group have just recorded.
vmalert writes records in the background, so a rule reads those of the evaluation before. An alert
at the end of a chain of records is late by one evaluation for each record in the chain.

So a test that fails under vmalert is run again, with one allowance: what is expected to fire may
fire later, by at most the length of the longest chain. What is expected not to fire must not fire
at the very minute that the test names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from config import Config
from contract.durations import parsed_duration, promql_duration
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
    "no lifetime of latencies is of now, of a target that is new or was not scraped for a while",
)
"""Tests of a record's value at the minute at which it appears, which is later under vmalert."""

LIMITS_OF_VMALERT = {
    2: "one failure of 107 flushes in 15 minutes is one of 98 in the 14 that vmalert's window has"
}
"""Seeds of fleets with a wrong verdict on vmalert, and on no other engine."""

PASS, FAIL, DIFFERS = "pass", "FAIL", "differs as documented"


@dataclass(frozen=True)
class Vmalert(Promtool):
    """vmalert-tool in the place of promtool.

    The series ALERTS has the label `alertgroup`, so a test may not ask for all of its labels.
    """

    def test_rules(self, *files: Path) -> str:
        """Run promtool test files, whose folders it writes to, and return vmalert-tool's report."""
        for file in files:
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("promql_expr_test", "metricsql_expr_test"), "utf-8")
        # Alerts get no label `alertgroup`, as in Prometheus, so tests need not name the group.
        options = ["--disableAlertgroupLabel", *(f"--files={file}" for file in files)]
        # Its storage is beside the file, and deleted with it.
        return self._run("unittest", options, TMPDIR=str(files[0].parent))


class Verdict(NamedTuple):
    """The result of a test on an engine."""

    words: str
    """PASS, FAIL or DIFFERS; the latter with (+n) after it if an alert is n evaluations late."""
    message: str = ""
    """Why it failed."""


def judge(engine: Promtool, test: NamedTest) -> Verdict:
    """The verdict of `engine` on `test`."""
    other = isinstance(engine, Vmalert)
    if other and test.name.startswith(NOT_ASKED):
        return Verdict(DIFFERS)
    message = objection(lambda: run(test, engine))
    if other and test.name in DIFFERENT:
        stale = Verdict(FAIL, "it passes: docs/engines.md and DIFFERENT need not name it")
        return Verdict(DIFFERS) if message else stale
    if not message:
        return Verdict(PASS)
    late = other and _lateness(engine, test)
    return Verdict(f"{DIFFERS} (+{late})") if late else Verdict(FAIL, message)


def _lateness(engine: Promtool, test: NamedTest) -> int | None:
    """By how many evaluations expected alerts are late; None where that does not explain a failure.

    None means that something fires which must not, or that something does not fire within as many
    evaluations as the chain is long.
    """

    def passes(*cases: tuple[str, dict[str, Any]]) -> bool:
        body = {key: value for key, value in test.body.items() if key not in EXPECTATIONS}
        for kind, case in cases:
            body.setdefault(kind, []).append(case)
        return not objection(lambda: run(replace(test, body=body), engine))

    cases = [(kind, case) for kind in EXPECTATIONS for case in test.body.get(kind, ())]
    quiet = [each for each in cases if not _fires(each[1])]
    if quiet and not passes(*quiet):
        return None
    step = parsed_duration(test.shared.get("evaluation_interval", "1m"))
    late = 0
    for kind, case in (each for each in cases if _fires(each[1])):
        at = parsed_duration(str(case["eval_time"]))
        for count in range(1 + max(chains(test.rules).values())):
            later = {**case, "eval_time": promql_duration(at + count * step)}
            if passes((kind, later)):
                late = max(late, count)
                break
        else:
            return None
    return late


def chains(texts: Sequence[str]) -> dict[str, int]:
    """For each record and alert, how many records are in the longest chain that it reads."""
    lengths: dict[str, int] = {}
    for rule in (rule for text in texts for rule in rules_of(parsed(text))):
        # Where one name is part of another, a chain may be counted too long.
        read = [1 + length for name, length in lengths.items() if name in rule["expr"]]
        lengths[rule_name(rule)] = max(read, default=0)
    return lengths


def _fires(case: dict[str, Any]) -> bool:
    """Whether the case expects something to fire; a sample of value 0 means that nothing does."""
    samples = case.get("exp_samples") or ()
    return bool(case.get("exp_alerts")) or any(float(sample["value"]) for sample in samples)
