"""Random fleets; a seed always makes the same one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from random import Random

from rules_tests.fleets.model import (
    GRID,
    HOUR,
    LONG_AGO,
    MINUTE,
    Fleet,
    Process,
    Target,
)
from rules_tests.fleets.traffic import Traffic, traffics

INTERVALS = (15, 15, 30, 60)
FAILING = (0.0, 0.0, 0.0, 0.1, 0.3, 0.5)
"""Shares of the scrapes that fail."""
EVERY_OTHER = -1.0
"""In place of a share: every second scrape fails."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Slot:
    """A target and the lives of its processes; discovery lists it from `begin` to `gone`."""

    lives: tuple[Span, ...]
    begin: float = 0
    gone: float = inf
    out: tuple[Span, ...] = ()
    """Spans in which every scrape fails."""


def _steady(rng: Random, span: int) -> list[Slot]:
    return [Slot(((LONG_AGO, span + 1),)) for _ in range(rng.randint(1, 4))]


def _crash_loop(rng: Random, span: int) -> list[Slot]:
    """A process that lives for about a minute at a time, with equal or growing pauses between."""
    growing = rng.random() < 0.4
    life, pause = rng.uniform(40, 150), rng.uniform(120, 420)
    lives = []
    time, wait = rng.uniform(0, 30) * MINUTE, 10.0
    while time < span:
        lives.append((time, time + life))
        time += life + (wait if growing else pause)
        wait = min(2 * wait, 300)
    beside = _steady(rng, span)[: rng.choice((0, 0, 1, 2))]
    return [Slot(tuple(lives)), *beside]


def _back_to_back(rng: Random, span: int) -> list[Slot]:
    """A crash loop with hardly any pause."""
    life = rng.uniform(40, 180)
    time = rng.uniform(0, 20) * MINUTE
    lives = []
    while time < span:
        lives.append((time, time + life))
        time += life + rng.uniform(0, 2)
    return [Slot(tuple(lives)), *_steady(rng, span)[: rng.choice((0, 0, 1))]]


def _restarts(rng: Random, span: int) -> list[Slot]:
    """Processes that restart at the same address."""
    return [Slot(tuple(_lives(rng, span, 8 * MINUTE, HOUR))) for _ in range(rng.randint(1, 3))]


def _redeploys(rng: Random, span: int) -> list[Slot]:
    """Each process is replaced by one at a new address, at about the same time."""
    slots = []
    for _ in range(rng.randint(1, 3)):
        lives = list(_lives(rng, span, 15 * MINUTE, 80 * MINUTE))
        for begin, end in lives:
            late = rng.uniform(0, 20)
            gone = inf if end > span else end + rng.uniform(0, 60)
            slots.append(Slot(((begin, end),), max(0.0, begin + late), gone))
    return slots


def _scaling(rng: Random, span: int) -> list[Slot]:
    """Replicas come and go beside one that stays."""
    slots = _steady(rng, span)[: rng.choice((0, 1, 1))]
    for _ in range(rng.randint(3, 10)):
        begin = rng.uniform(-0.1, 0.9) * span
        end = begin + rng.choice((2, 5, 10, 20, 40)) * MINUTE * rng.uniform(0.7, 1.3)
        slots.append(Slot(((begin, end),), max(0.0, begin + rng.uniform(0, 30)), end + 20))
    return slots


def _unreachable(rng: Random, span: int) -> list[Slot]:
    """Targets that are not scraped for a while, again and again."""
    slots = []
    for slot in _steady(rng, span):
        out = []
        time = rng.uniform(10, 60) * MINUTE
        while time < span:
            length = rng.choice((1, 2, 3, 4, 6, 8, 12, 14, 40)) * MINUTE
            out.append((time, time + length))
            time += length + rng.uniform(5, 50) * MINUTE
        slots.append(replace(slot, out=tuple(out)))
    return slots


def _lives(rng: Random, span: int, least: float, most: float) -> Iterator[Span]:
    """Consecutive lives, the first of which began long ago."""
    begin, end = LONG_AGO, rng.uniform(least, most)
    while begin < span:
        yield begin, end
        begin = end + rng.choice((1, 5, 20, 70))
        end = begin + rng.uniform(least, most)


KINDS: dict[str, Callable[[Random, int], list[Slot]]] = {
    "steady": _steady,
    "crash loop": _crash_loop,
    "back to back": _back_to_back,
    "same value": _crash_loop,
    "restarts": _restarts,
    "redeploys": _redeploys,
    "scaling": _scaling,
    "flaky": _scaling,
    "unreachable": _unreachable,
    "cold start": _redeploys,
    "prometheus restart": _redeploys,
}
"""Layouts by name. For some kinds `fleet` changes more than the layout."""


def kind_of(seed: int) -> str:
    """The kind of the fleet of `seed`: they take turns."""
    return list(KINDS)[seed % len(KINDS)]


def fleet(seed: int) -> Fleet:
    """The fleet of `seed`."""
    kind = kind_of(seed)
    rng = Random(f"{kind} {seed}")  # noqa: S311  # traffic, no secrets
    span = rng.choice((2, 3, 3, 4)) * HOUR
    down = _down(rng, kind, span)
    slots = [slot for slot in KINDS[kind](rng, span) if slot.gone > 0]
    if kind == "same value" and rng.random() < 0.5:
        slots = _back_to_back(rng, span)[:1]
    label_sets = traffics(rng, span)
    if kind == "same value":
        label_sets = [replace(each, fixed=_fixed(rng), larger=()) for each in label_sets]
    interval = rng.choice(INTERVALS)
    failing = rng.choice((0.1, 0.3, 0.5, EVERY_OTHER)) if kind == "flaky" else rng.choice(FAILING)
    if kind == "unreachable":
        failing = 0.0
    targets = []
    for number, slot in enumerate(slots):
        processes = tuple(_process(rng, life, label_sets) for life in slot.lives)
        scrapes = _scrapes(rng, slot, interval, failing, down, span)
        targets.append(Target(f"{number}:5001", processes, scrapes))
    return Fleet(f"{seed}, {kind}", span, tuple(targets), down[1:])


def _down(rng: Random, kind: str, span: int) -> tuple[tuple[int, int], ...]:
    """When Prometheus does not run: until it starts for the first time, and maybe once more."""
    first = (0, 0)
    if kind == "cold start":
        first = (0, _grid(rng.uniform(5, 40) * MINUTE))
    if kind == "prometheus restart":
        begin = _grid(rng.uniform(0.3, 0.8) * span)
        length = rng.choice((1, 2, 4, 7, 12, 20, 35)) * MINUTE
        return first, (begin, _grid(begin + length))
    return (first,)


def _grid(time: float) -> int:
    return round(time / GRID) * GRID


def _process(rng: Random, life: Span, label_sets: Sequence[Traffic]) -> Process:
    start, end = life
    events = {}
    for each in label_sets:
        if rng.random() < 0.9 or len(label_sets) == 1:
            lifetime = rng.choice((0, 0, 50, 5000)) if start == LONG_AGO else 0
            found = each.events(rng, start, end, lifetime)
            if len(found):
                events[each.label_set] = found
    return Process(start, end, events)


def _scrapes(
    rng: Random, slot: Slot, interval: int, failing: float, down: Sequence[Span], span: int
) -> dict[int, bool | None]:
    phase = rng.randrange(0, interval, GRID)
    late = rng.choice((0.0, 0.0, 0.1))
    scrapes: dict[int, bool | None] = {}
    for number in range(span // interval + 1):
        time = number * interval + phase
        if rng.random() < late:
            time += GRID * rng.choice((1, 2))
        if slot.begin <= time < slot.gone and time <= span and not _within(time, down):
            fails = number % 2 == 1 if failing == EVERY_OTHER else rng.random() < failing
            scrapes[time] = _within(time, slot.lives) and not (fails or _within(time, slot.out))
    if slot.gone <= span:
        gone = _grid(slot.gone) + interval
        if not _within(gone, down):  # while it is down it marks nothing stale
            scrapes[gone] = None
    return scrapes


def _within(time: float, spans: Sequence[Span]) -> bool:
    return any(begin <= time < end for begin, end in spans)


def _fixed(rng: Random) -> tuple[tuple[float, bool], ...]:
    """Flushes that each process repeats, so that its counters reach the same values again."""
    share = rng.choice((0.0, 0.0, 0.3, 1.0))
    flushes = []
    for _ in range(rng.randint(1, 4)):
        failed = rng.random() < share
        flushes.append((rng.randrange(0, 60, GRID) + GRID / 2, failed))
    return tuple(flushes)
