"""A fleet: processes with the events that they count, and targets with their scrapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

MINUTE = 60
HOUR = 60 * MINUTE
GRID = 5
"""Seconds. Scrapes are at multiples of it, events at half seconds between them."""

LONG_AGO = -1e9
"""The time of events that happened before the fleet's history."""

_RANDOM = Random("latency")  # noqa: S311  # traffic, no secrets
_LATENCIES = tuple(_RANDOM.lognormvariate(-4, 1.5) for _ in range(997))


@dataclass(frozen=True)
class LabelSet:
    """Component, provider and model."""

    component: str
    provider: str
    model: str

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the label set's series."""
        return {"component": self.component, "provider": self.provider, "model": self.model}


@dataclass(frozen=True)
class Event:
    """Flushes of one label set at one moment: how they ended, and the tokens that they added."""

    time: float
    succeeded: int = 0
    failed: int = 0
    prompt: int = 0
    completion: int = 0

    @property
    def attempts(self) -> int:
        """Flushes, however they ended."""
        return self.succeeded + self.failed

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens."""
        return self.prompt + self.completion

    @property
    def latency(self) -> float:
        """Seconds that each of the flushes took: most some milliseconds, a few some seconds."""
        return _LATENCIES[int(2 * self.time) % len(_LATENCIES)]


@dataclass(frozen=True)
class Process:
    """One process of Compozy: it lives in [start, end) and counts from zero."""

    instance: str
    start: float
    end: float
    events: Mapping[LabelSet, tuple[Event, ...]]
    """The events of each label set, in order of time."""


@dataclass(frozen=True)
class Scrape:
    """An attempt to scrape; it can be `answered` only while a process lives at the target."""

    time: int
    answered: bool


@dataclass(frozen=True)
class Target:
    """An address that Prometheus scrapes, from the first of `scrapes` until `gone`."""

    instance: str
    interval: int
    scrapes: tuple[Scrape, ...]
    gone: int | None = None
    """When service discovery dropped it and its series went stale; None where it stayed."""


@dataclass(frozen=True)
class Fleet:
    """A history of `span` seconds; `down` is when Prometheus itself did not run."""

    name: str
    span: int
    processes: tuple[Process, ...]
    targets: tuple[Target, ...]
    down: tuple[tuple[int, int], ...] = ()
    latency: bool = False
    """Whether it exposes the latency histogram, which no alert reads."""

    def label_sets(self) -> list[LabelSet]:
        """All label sets that a process counts."""
        return list(
            dict.fromkeys(label_set for process in self.processes for label_set in process.events)
        )
