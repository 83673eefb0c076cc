"""Shrink a fleet on which a rule is wrong, and write it as a promtool test."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, replace
from itertools import starmap
from math import gcd, inf
from pathlib import Path
from typing import TypeVar

import yaml

from config import TokenSpike
from contract.metrics import USAGE_LABELS
from rules_tests.fleets.judge import Fault, Wrong, judge
from rules_tests.fleets.model import MINUTE, Event, Fleet, LabelSet, Scrape, Target
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
    cuts = [_one_label_set, _targets, _shorter, _events, _targets, _shorter, _answered, _on_time]
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
        yield _with_events(fleet, lambda label_set, event: event if label_set == one else None)  # noqa: B023  # called at once


def _targets(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without some of its targets and their processes."""
    for targets in _parts(fleet.targets):
        yield _trimmed(replace(fleet, targets=targets))


def _shorter(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without its beginning, as a Prometheus that starts later sees it."""
    minutes = fleet.span // MINUTE
    for parts in (2, 4, 8, 16, 32):
        if minutes >= parts:
            yield _later(fleet, minutes // parts * MINUTE)


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
        yield _with_events(fleet, lambda _, event: event if event in kept else None)  # noqa: B023  # called at once


def _answered(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with every scrape answered, whenever a process lives there."""

    def answered(target: Target) -> Target:
        scrapes = tuple(replace(scrape, answered=True) for scrape in target.scrapes)
        return replace(target, scrapes=scrapes)

    yield from _with_targets(fleet, answered)


def _on_time(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with every scrape at a multiple of its interval."""

    def on_time(target: Target) -> Target:
        each = target.interval
        answered = {scrape.time // each * each: scrape.answered for scrape in target.scrapes}
        gone = None if target.gone is None else target.gone // each * each + each
        return replace(target, scrapes=tuple(starmap(Scrape, answered.items())), gone=gone)

    yield from _with_targets(fleet, on_time)


def _parts(items: Sequence[_T]) -> Iterator[tuple[_T, ...]]:
    """`items` without a half, a quarter or an eighth, and where they are few also without one."""
    size = len(items) // 2
    while size and (size >= len(items) // 8 or len(items) <= 32):
        for first in range(0, len(items), size):
            yield (*items[:first], *items[first + size :])
        size //= 2


def _later(fleet: Fleet, begin: int) -> Fleet:
    """`fleet` from second `begin` on, which becomes its second 0."""
    moved = _with_events(fleet, lambda _, event: replace(event, time=event.time - begin))
    processes = tuple(
        replace(each, start=each.start - begin, end=each.end - begin) for each in moved.processes
    )
    targets = tuple(
        replace(
            target,
            scrapes=tuple(replace(each, time=each.time - begin) for each in target.scrapes),
            gone=None if target.gone is None else target.gone - begin,
        )
        for target in fleet.targets
    )
    down = tuple((first - begin, last - begin) for first, last in fleet.down if first > begin)
    span = fleet.span - begin
    return _trimmed(replace(fleet, span=span, processes=processes, targets=targets, down=down))


def _trimmed(fleet: Fleet) -> Fleet:
    """`fleet` without what is outside of its span, or at no target of its."""
    targets = []
    for target in fleet.targets:
        scrapes = tuple(each for each in target.scrapes if 0 <= each.time <= fleet.span)
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
        lambda _, event: event if event.time <= fleet.span else None,
    )


def _with_events(fleet: Fleet, change: Callable[[LabelSet, Event], Event | None]) -> Fleet:
    """`fleet` with what `change` makes of each event; None removes it."""

    def changed(label_set: LabelSet, events: tuple[Event, ...]) -> tuple[Event, ...]:
        return tuple(other for event in events if (other := change(label_set, event)) is not None)

    processes = []
    for process in fleet.processes:
        events = {label_set: changed(label_set, some) for label_set, some in process.events.items()}
        left = {label_set: some for label_set, some in events.items() if some}
        processes.append(replace(process, events=left))
    return replace(fleet, processes=tuple(processes))


def _with_targets(fleet: Fleet, change: Callable[[Target], Target]) -> Iterator[Fleet]:
    """`fleet` with what `change` makes of each target, unless that is the same.

    Scrapes are answered only while a process lives.
    """
    targets = []
    for target in map(change, fleet.targets):
        lives = [each for each in fleet.processes if each.instance == target.instance]
        scrapes = tuple(
            Scrape(time, answered and any(life.start <= time < life.end for life in lives))
            for time, answered in map(astuple, target.scrapes)
        )
        targets.append(replace(target, scrapes=scrapes))
    if tuple(targets) != fleet.targets:
        yield replace(fleet, targets=tuple(targets))


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
