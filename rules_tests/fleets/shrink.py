"""Shrink a fleet on which a rule is wrong, and write it as a promtool test."""

from collections.abc import Hashable, Iterator, Set
from dataclasses import replace
from math import gcd, inf
from pathlib import Path

import numpy as np
import yaml

from config import TokenSpike
from rules_tests.case import braced
from rules_tests.fleets.judge import Fault, Wrong, judge
from rules_tests.fleets.model import Fleet, Process, Target
from rules_tests.fleets.run import firing
from rules_tests.fleets.samples import input_series
from rules_tests.fleets.spike import WITHIN
from tools.promtool import Promtool

TRIALS = 400
"""The most fleets that are tried; each takes promtool one or two tenths of a second."""


def reproduction(promtool: Promtool, rules: Path, fleet: Fleet, wrong: Wrong) -> str:
    """A small promtool test, as text, with the fault that the rule file `rules` has on `fleet`.

    By greedy search: a part is left out for good if without it the same fault is found.
    """
    text = rules.read_text(encoding="utf-8")
    fleet = _cut(fleet, wrong.at)
    out: set[Hashable] = set()
    trials = 0
    for gone in _parts(fleet):
        if gone <= out:
            continue
        if trials == TRIALS:
            break
        trials += 1
        part = _cut(fleet, wrong.at, gone)
        found = judge(part, firing(promtool, text, [part])[0]).wrong
        alike = [one for one in found if (one.alert, one.fault) == (wrong.alert, wrong.fault)]
        if alike:
            wrong = alike[0]
            fleet = _cut(part, wrong.at)
            out |= gone
    return _test_file(rules, fleet, wrong)


def _parts(fleet: Fleet) -> Iterator[Set[Hashable]]:
    """What may be left out: label sets, targets, scrapes of the beginning, events, targets again.

    Scrapes and events are named by their times, of which they have none in common.
    """
    lives = [process for target in fleet.targets for process in target.processes]
    scrapes = sorted({time for target in fleet.targets for time in target.scrapes})
    events = sorted(
        {time for life in lives for some in life.events.values() for time in some["time"]}
    )
    yield from ({label_set} for life in lives for label_set in life.events)
    yield from ({target.instance} for target in fleet.targets)
    yield from (set(scrapes[: len(scrapes) * part // 32]) for part in range(31, 0, -1))
    size = len(events) // 2
    while size:
        yield from (set(events[first : first + size]) for first in range(0, len(events), size))
        size //= 2
    yield from ({target.instance} for target in fleet.targets)


def _cut(fleet: Fleet, span: int, gone: Set[Hashable] = frozenset()) -> Fleet:
    """`fleet` until second `span`, without `gone`.

    `gone` are label sets, instances, and times of scrapes or of events, as in `_parts`.
    """
    targets = []
    for target in fleet.targets:
        scrapes = {
            time: answered
            for time, answered in target.scrapes.items()
            if time <= span and time not in gone
        }
        if scrapes and target.instance not in gone:
            processes = tuple(_process(each, span, gone) for each in target.processes)
            targets.append(Target(target.instance, processes, scrapes))
    return replace(fleet, span=span, targets=tuple(targets))


def _process(process: Process, span: int, gone: Set[Hashable]) -> Process:
    events = {}
    for label_set, some in process.events.items():
        if label_set not in gone:
            kept = [time <= span and time not in gone for time in some["time"]]
            events[label_set] = some[np.array(kept, bool)]
    return replace(process, events=events)


def _test_file(rules: Path, fleet: Fleet, wrong: Wrong) -> str:
    times = [time for target in fleet.targets for time in target.scrapes]
    grid = gcd(*times) or 60
    must = wrong.fault is Fault.MISSED
    labels = {name: value for name, value in wrong.label_set._asdict().items() if value}
    fires = "ALERTS" + braced({"alertname": wrong.alert, "alertstate": "firing", **labels})
    if must and wrong.alert == TokenSpike.name:
        fires = f"last_over_time({fires}[{WITHIN}s])"
    case = {
        "expr": f"count by ({', '.join(labels)}) ({fires})",
        "eval_time": f"{wrong.at // 60}m",
        "exp_samples": [{"labels": braced(labels), "value": 1}] if must else [],
    }
    # The other alerts do not read tokens.
    series = [
        each
        for each in input_series(fleet, grid)
        if wrong.alert == TokenSpike.name or "_tokens_total" not in each["series"]
    ]
    test = {
        "name": f"{wrong.alert} {'must' if must else 'must not'} fire; from fleet {fleet.name}",
        "interval": f"{grid}s",
        "input_series": series,
        "promql_expr_test": [case],
    }
    document = {"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [test]}
    return yaml.safe_dump(document, sort_keys=False, width=inf)
