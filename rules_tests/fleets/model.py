"""A fleet: targets with their scrapes, and processes with the events that they count.

`made_of`, `process` and `every` make fleets by hand, of one label set at one address.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.metrics import Component

MINUTE = 60
HOUR = 60 * MINUTE
GRID = 5
"""Seconds. Scrapes are at multiples of it, events at half seconds between them."""

LONG_AGO = -1e9
"""The time of events that happened before the fleet's history."""

_RANDOM = Random("latency")  # noqa: S311  # traffic, no secrets
_LATENCIES = tuple(_RANDOM.lognormvariate(-4, 1.5) for _ in range(997))


class LabelSet(NamedTuple):
    """The labels of a series that say what it counts."""

    component: str
    provider: str
    model: str


class Event(NamedTuple):
    """Flushes of one label set at one moment; `event` makes it."""

    time: float  # seconds
    succeeded: int
    failed: int
    attempts: int  # flushes, however they ended
    prompt: int
    completion: int
    tokens: int  # of the prompts and of the completions
    latency: float  # seconds that each of the flushes took


Events = NDArray[np.void]
"""A table: a row for each event of one label set, in order of time, and a column of floats for each
field of `Event`. So `events["failed"]` are the failures of each event."""


def event(
    time: float, succeeded: int = 0, failed: int = 0, prompt: int = 0, completion: int = 0
) -> Event:
    """Flushes that ended at `time`. Most took some milliseconds, a few some seconds."""
    latency = _LATENCIES[int(2 * time) % len(_LATENCIES)]
    attempts, tokens = succeeded + failed, prompt + completion
    return Event(time, succeeded, failed, attempts, prompt, completion, tokens, latency)


def table(events: Iterable[Event]) -> Events:
    """The table of `events`, which may be in any order."""
    return np.array(sorted(events), [(name, float) for name in Event._fields])


@dataclass(frozen=True)
class Process:
    """One process of Compozy: it lives in [start, end) and counts from zero."""

    start: float
    end: float
    events: Mapping[LabelSet, Events]


@dataclass(frozen=True)
class Target:
    """An address that Prometheus scrapes."""

    instance: str
    processes: tuple[Process, ...]
    """Those that lived there, one after another."""
    scrapes: Mapping[int, bool | None]
    """By the second of each scrape, whether it was answered. Where service discovery drops the
    target, the last one is None: no scrape, but the second at which its series go stale."""


@dataclass(frozen=True)
class Fleet:
    """A history of `span` seconds; `down` is when Prometheus itself did not run."""

    name: str
    span: int
    targets: tuple[Target, ...]
    down: tuple[tuple[int, int], ...] = ()
    latency: bool = False
    """Whether it exposes the latency histogram, which no alert reads."""


LABEL_SET = LabelSet(Component.WORKFLOW, "openai", "gpt-4o")
SPAN = 3 * HOUR
BEGIN = HOUR + 7
"""The time at which an incident begins; it is not a full minute."""


def every(seconds: int, begin: int, end: int, **counts: int) -> list[Event]:
    """An event every `seconds` seconds in [begin, end)."""
    return [event(time + GRID / 2, **counts) for time in range(begin, end, seconds)]


def process(events: Iterable[Event], start: float = LONG_AGO, end: float = SPAN + 1) -> Process:
    """A process with `events` of `LABEL_SET`."""
    return Process(start, end, {LABEL_SET: table(events)})


def made_of(*processes: Process, interval: int = 15, failing: Sequence[int] = ()) -> Fleet:
    """A fleet of consecutive `processes`; the scrapes at the seconds in `failing` fail."""
    scrapes = {
        time: time not in failing and any(each.start <= time < each.end for each in processes)
        for time in range(0, SPAN + 1, interval)
    }
    return Fleet("by hand", SPAN, (Target("a:5001", processes, scrapes),))
