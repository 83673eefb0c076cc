"""Shrink a fleet on which a rule is wrong, and write it as a promtool test."""

from collections.abc import Hashable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from math import gcd, inf
from operator import attrgetter
from pathlib import Path

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
    fleet = _cut(replace(fleet, span=wrong.at))
    sorts = ["label sets", "targets", "beginning", "events", "targets", "beginning"]
    trials = 0
    while sorts and trials < TRIALS:
        for gone in _parts(fleet)[sorts[0]]:
            trials += 1
            part = _cut(fleet, gone)
            found = judge(part, firing(promtool, text, [part])[0]).wrong
            alike = [one for one in found if (one.alert, one.fault) == (wrong.alert, wrong.fault)]
            if alike:
                wrong = alike[0]
                fleet = _cut(replace(part, span=wrong.at))
                break
        else:
            sorts.pop(0)
    return _test_file(rules, fleet, wrong)


def _parts(fleet: Fleet) -> dict[str, Iterable[Set[Hashable]]]:
    """What may be left out, by its sort; if it is the beginning, Prometheus starts later."""
    lives = [process for target in fleet.targets for process in target.processes]
    events = {event for life in lives for some in life.events.values() for event in some}
    times = sorted({time for target in fleet.targets for time in target.scrapes})
    sizes = (len(times) // parts for parts in (2, 4, 8, 16, 32))
    return {
        "label sets": _some(list(dict.fromkeys(key for life in lives for key in life.events))),
        "targets": _some([target.instance for target in fleet.targets]),
        "beginning": (frozenset(times[:size]) for size in sizes if size),
        "events": _some(sorted(events, key=attrgetter("time"))),
    }


def _some(items: Sequence[Hashable]) -> Iterator[Set[Hashable]]:
    """Each half, quarter and eighth of `items`, and where they are few also each one."""
    size = len(items) // 2
    while size and (size >= len(items) // 8 or len(items) <= 32):
        for first in range(0, len(items), size):
            yield frozenset(items[first : first + size])
        size //= 2


def _cut(fleet: Fleet, gone: Set[Hashable] = frozenset()) -> Fleet:
    """`fleet` without what is after its span, and without `gone`.

    `gone` are label sets, instances, seconds of scrapes, or events.
    """
    targets = []
    for target in fleet.targets:
        scrapes = {
            time: answered
            for time, answered in target.scrapes.items()
            if time <= fleet.span and time not in gone
        }
        if scrapes and target.instance not in gone:
            processes = tuple(_process(each, fleet.span, gone) for each in target.processes)
            left = target.gone if (target.gone or 0) <= fleet.span else None
            targets.append(Target(target.instance, processes, scrapes, left))
    return replace(fleet, targets=tuple(targets))


def _process(process: Process, span: int, gone: Set[Hashable]) -> Process:
    events = {
        label_set: tuple(each for each in some if each not in gone and each.time <= span)
        for label_set, some in process.events.items()
        if label_set not in gone
    }
    return replace(process, events=events)


def _test_file(rules: Path, fleet: Fleet, wrong: Wrong) -> str:
    times = [time for target in fleet.targets for time in target.scrapes]
    grid = gcd(*times, *(target.gone or 0 for target in fleet.targets)) or 60
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
