"""Ways to make a fleet smaller, for `shrink` to try."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from rules_tests.fleets.model import MINUTE, Event, Fleet, LabelSet, Process, Scrape, Target

_T = TypeVar("_T")


def shorter(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without its beginning, as a Prometheus that starts later sees it."""
    minutes = fleet.span // MINUTE
    for parts in (2, 4, 8, 16, 32):
        if minutes >= parts:
            yield _later(fleet, minutes // parts * MINUTE)


def with_fewer_label_sets(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with only one of its label sets."""
    label_sets = fleet.label_sets()
    for label_set in label_sets if len(label_sets) > 1 else ():
        yield replace(
            fleet,
            processes=tuple(
                replace(
                    each,
                    events={label_set: each.events[label_set]} if label_set in each.events else {},
                )
                for each in fleet.processes
            ),
        )


def with_fewer_targets(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without some of its targets and their processes."""
    for targets in _parts(fleet.targets):
        instances = {target.instance for target in targets}
        processes = [each for each in fleet.processes if each.instance in instances]
        yield replace(fleet, targets=targets, processes=tuple(processes))


def with_fewer_processes(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without some of its processes; the scrapes during their lives fail."""
    for processes in _parts(fleet.processes):
        targets = [_answered_by(target, processes) for target in fleet.targets]
        yield replace(fleet, processes=processes, targets=tuple(targets))


def with_fewer_failed_scrapes(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with every scrape of one target answered, whenever a process lives there."""
    for target in fleet.targets:
        other = replace(
            target, scrapes=tuple(replace(scrape, answered=True) for scrape in target.scrapes)
        )
        other = _answered_by(other, fleet.processes)
        if other != target:
            yield replace(
                fleet, targets=tuple(other if each is target else each for each in fleet.targets)
            )


def at_full_intervals(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with every scrape at a multiple of its interval."""
    targets = []
    for target in fleet.targets:
        each = target.interval
        full = {scrape.time // each * each: scrape.answered for scrape in target.scrapes}
        scrapes = tuple(Scrape(time, answered) for time, answered in full.items())
        gone = None if target.gone is None else target.gone // each * each + each
        moved = replace(target, scrapes=scrapes, gone=gone)
        targets.append(_answered_by(moved, fleet.processes))
    if tuple(targets) != fleet.targets:
        yield replace(fleet, targets=tuple(targets))


def with_fewer_events(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet without some events of one label set and process."""
    for process in fleet.processes:
        for label_set, events in process.events.items():
            for part in _parts(events):
                yield _with(fleet, process, label_set, part)


def without_tokens(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with flushes that add no tokens."""
    if any(
        event.tokens
        for each in fleet.processes
        for found in each.events.values()
        for event in found
    ):
        yield _each_event(fleet, lambda event: replace(event, prompt=0, completion=0))


def until(fleet: Fleet, end: int) -> Fleet:
    """`fleet` without what comes after second `end`."""
    return _trimmed(replace(fleet, span=end))


def _parts(items: Sequence[_T]) -> Iterator[tuple[_T, ...]]:
    """`items` without a half, a quarter or an eighth, and where they are few also without one."""
    size = len(items) // 2
    while size and (size >= len(items) // 8 or len(items) <= 32):
        for first in range(0, len(items), size):
            yield (*items[:first], *items[first + size :])
        size //= 2


def _answered_by(target: Target, processes: Sequence[Process]) -> Target:
    """`target` with scrapes answered only while one of `processes` lives there."""
    lives = [each for each in processes if each.instance == target.instance]
    scrapes = tuple(
        Scrape(
            each.time, each.answered and any(life.start <= each.time < life.end for life in lives)
        )
        for each in target.scrapes
    )
    return replace(target, scrapes=scrapes)


def _later(fleet: Fleet, begin: int) -> Fleet:
    """`fleet` from second `begin` on, which becomes its second 0."""
    moved = _each_event(fleet, lambda event: replace(event, time=event.time - begin))
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
    """`fleet` without what is outside of its span."""
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
    return _each_event(
        replace(fleet, targets=tuple(targets), processes=processes),
        lambda event: event if event.time <= fleet.span else None,
    )


def _each_event(fleet: Fleet, change: Callable[[Event], Event | None]) -> Fleet:
    def changed(events: tuple[Event, ...]) -> tuple[Event, ...]:
        return tuple(other for event in events if (other := change(event)) is not None)

    processes = tuple(
        replace(
            each, events={label_set: changed(found) for label_set, found in each.events.items()}
        )
        for each in fleet.processes
    )
    return replace(fleet, processes=processes)


def _with(fleet: Fleet, process: Process, label_set: LabelSet, events: tuple[Event, ...]) -> Fleet:
    other = replace(process, events={**process.events, label_set: events})
    processes = tuple(other if each is process else each for each in fleet.processes)
    return replace(fleet, processes=processes)
