"""Shrink a fleet on which a rule is wrong, and write it as a promtool test."""

from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from dataclasses import replace
from math import gcd, inf
from operator import attrgetter
from pathlib import Path

import yaml

from config import TokenSpike
from contract.metrics import USAGE_LABELS
from rules_tests.fleets.judge import Fault, Wrong, judge
from rules_tests.fleets.model import Fleet
from rules_tests.fleets.run import firing
from rules_tests.fleets.samples import input_series
from rules_tests.fleets.spike import WITHIN
from tools.promtool import Promtool

TRIALS = 400
"""The most fleets that are tried; each takes promtool one or two tenths of a second."""


def reproduction(promtool: Promtool, rules: Path, fleet: Fleet, wrong: Wrong) -> str:
    """A small promtool test, as text, with the fault that the rule file `rules` has on `fleet`."""
    text = rules.read_text(encoding="utf-8")

    def errs(part: Fleet) -> Wrong | None:
        found = judge(part, firing(promtool, text, [part])[0]).wrong
        alike = (each for each in found if (each.alert, each.fault) == (wrong.alert, wrong.fault))
        return next(alike, None)

    return _test_file(rules, *_shrunk(fleet, wrong, errs))


def _shrunk(
    fleet: Fleet, wrong: Wrong, errs: Callable[[Fleet], Wrong | None]
) -> tuple[Fleet, Wrong]:
    """A smaller fleet on which the rule still `errs`, with the wrong verdict, by greedy search."""
    fleet = _cut(replace(fleet, span=wrong.at))
    cuts = [_fewer_label_sets, _fewer_targets, _shorter, _fewer_events, _fewer_targets, _shorter]
    trials = 0
    while cuts and trials < TRIALS:
        for part in cuts[0](fleet):
            trials += 1
            found = errs(part)
            if found:
                fleet, wrong = _cut(replace(part, span=found.at)), found
                break
        else:
            cuts.pop(0)
    return fleet, wrong


def _fewer_label_sets(fleet: Fleet) -> Iterator[Fleet]:
    return (_cut(fleet, gone=some) for some in _some(fleet.label_sets()))


def _fewer_targets(fleet: Fleet) -> Iterator[Fleet]:
    return (_cut(fleet, gone=some) for some in _some(fleet.targets))


def _fewer_events(fleet: Fleet) -> Iterator[Fleet]:
    every = {event for each in fleet.processes for some in each.events.values() for event in some}
    return (_cut(fleet, gone=some) for some in _some(sorted(every, key=attrgetter("time"))))


def _shorter(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without its first scrapes, as a Prometheus that starts later sees it."""
    first = min((target.scrapes[0].time for target in fleet.targets), default=0)
    for parts in (2, 4, 8, 16, 32):
        begin = first + (fleet.span - first) // parts
        if begin > first:
            yield _cut(fleet, begin)


def _some(items: Sequence[Hashable]) -> Iterator[Set[Hashable]]:
    """Each half, quarter and eighth of `items`, and where they are few also each one."""
    size = len(items) // 2
    while size and (size >= len(items) // 8 or len(items) <= 32):
        for first in range(0, len(items), size):
            yield frozenset(items[first : first + size])
        size //= 2


def _cut(fleet: Fleet, begin: int = 0, gone: Set[Hashable] = frozenset()) -> Fleet:
    """`fleet` without scrapes before `begin`, what is after its span or at no target, and `gone`.

    `gone` are targets, label sets and events.
    """
    targets = []
    for target in fleet.targets:
        scrapes = tuple(each for each in target.scrapes if begin <= each.time <= fleet.span)
        if scrapes and target not in gone:
            left = target.gone if (target.gone or 0) <= fleet.span else None
            targets.append(replace(target, scrapes=scrapes, gone=left))
    instances = {target.instance for target in targets}
    processes = []
    for process in fleet.processes:
        if process.instance in instances:
            events = {
                label_set: tuple(e for e in some if e not in gone and e.time <= fleet.span)
                for label_set, some in process.events.items()
                if label_set not in gone
            }
            processes.append(replace(process, events=events))
    return replace(fleet, targets=tuple(targets), processes=tuple(processes))


def _test_file(rules: Path, fleet: Fleet, wrong: Wrong) -> str:
    times = [scrape.time for target in fleet.targets for scrape in target.scrapes]
    gone = [target.gone for target in fleet.targets if target.gone is not None]
    grid = gcd(*times, *gone) or 60
    must = wrong.fault is Fault.MISSED
    labels = ", ".join(
        f'{name}="{value}"' for name, value in wrong.label_set.labels.items() if value
    )
    fires = f'ALERTS{{alertname="{wrong.alert}", alertstate="firing", {labels}}}'
    if must and wrong.alert == TokenSpike.name:
        fires = f"last_over_time({fires}[{WITHIN}s])"
    named = [name for name in USAGE_LABELS if wrong.label_set.labels[name]]
    case = {
        "expr": f"count by ({', '.join(named)}) ({fires})",
        "eval_time": f"{wrong.at // 60}m",
        "exp_samples": [{"labels": f"{{{labels}}}", "value": 1}] if must else [],
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
