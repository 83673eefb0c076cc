"""Shrink a fleet on which a rule is wrong, and write it as a promtool test."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import gcd, inf
from pathlib import Path
from typing import TypeVar

import yaml

from config import TokenSpike
from contract.metrics import USAGE_LABELS
from rules_tests.fleets.judge import Fault, Wrong, judge
from rules_tests.fleets.model import Event, Fleet, LabelSet
from rules_tests.fleets.run import firing
from rules_tests.fleets.samples import input_series
from rules_tests.fleets.spike import WITHIN
from tools.promtool import Promtool

TRIALS = 400
"""The most fleets that are tried; each takes promtool one or two tenths of a second."""

_T = TypeVar("_T")


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
    fleet = _trimmed(replace(fleet, span=wrong.at))
    cuts = [_one_label_set, _targets, _shorter, _events, _targets, _shorter]
    trials = 0
    while cuts and trials < TRIALS:
        for part in cuts[0](fleet):
            trials += 1
            found = errs(part)
            if found:
                fleet, wrong = _trimmed(replace(part, span=found.at)), found
                break
        else:
            cuts.pop(0)
    return fleet, wrong


def _one_label_set(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with only one of its label sets."""
    label_sets = fleet.label_sets()
    for one in label_sets if len(label_sets) > 1 else ():
        yield _with_events(fleet, lambda label_set, _: label_set == one)  # noqa: B023  # called at once


def _targets(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without some of its targets and their processes."""
    for targets in _parts(fleet.targets):
        yield _trimmed(replace(fleet, targets=targets))


def _shorter(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without its first scrapes, as a Prometheus that starts later sees it."""
    first = min((target.scrapes[0].time for target in fleet.targets), default=0)
    for parts in (2, 4, 8, 16, 32):
        begin = first + (fleet.span - first) // parts
        if begin > first:
            yield _trimmed(fleet, begin)


def _events(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without some of its events."""
    every = {
        event: None
        for process in fleet.processes
        for events in process.events.values()
        for event in events
    }
    for part in _parts(sorted(every, key=lambda event: event.time)):
        kept = set(part)
        yield _with_events(fleet, lambda _, event: event in kept)  # noqa: B023  # called at once


def _parts(items: Sequence[_T]) -> Iterator[tuple[_T, ...]]:
    """`items` without a half, a quarter or an eighth, and where they are few also without one."""
    size = len(items) // 2
    while size and (size >= len(items) // 8 or len(items) <= 32):
        for first in range(0, len(items), size):
            yield (*items[:first], *items[first + size :])
        size //= 2


def _trimmed(fleet: Fleet, begin: int = 0) -> Fleet:
    """`fleet` without scrapes before `begin`, and what is after its span or at no target."""
    targets = []
    for target in fleet.targets:
        scrapes = tuple(each for each in target.scrapes if begin <= each.time <= fleet.span)
        gone = target.gone if target.gone is not None and target.gone <= fleet.span else None
        if scrapes:
            targets.append(replace(target, scrapes=scrapes, gone=gone))
    instances = {target.instance for target in targets}
    processes = tuple(
        each
        for each in fleet.processes
        if each.instance in instances and each.end > 0 and each.start <= fleet.span
    )
    return _with_events(
        replace(fleet, targets=tuple(targets), processes=processes),
        lambda _, event: event.time <= fleet.span,
    )


def _with_events(fleet: Fleet, kept: Callable[[LabelSet, Event], bool]) -> Fleet:
    """`fleet` with only the events that are `kept`."""
    processes = []
    for process in fleet.processes:
        events = {
            label_set: tuple(event for event in some if kept(label_set, event))
            for label_set, some in process.events.items()
        }
        left = {label_set: some for label_set, some in events.items() if some}
        processes.append(replace(process, events=left))
    return replace(fleet, processes=tuple(processes))


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
