"""Hand-written fleets of one label set at one address."""

from collections.abc import Iterable, Sequence

from contract.metrics import Component
from rules_tests.fleets.model import (
    GRID,
    HOUR,
    LONG_AGO,
    Event,
    Fleet,
    LabelSet,
    Process,
    Target,
)

LABEL_SET = LabelSet(Component.WORKFLOW, "openai", "gpt-4o")
SPAN = 3 * HOUR
BEGIN = HOUR + 7
"""The time at which an incident begins; it is not a full minute."""


def every(seconds: int, begin: int, end: int, **counts: int) -> list[Event]:
    """An event every `seconds` seconds in [begin, end)."""
    return [Event(time + GRID / 2, **counts) for time in range(begin, end, seconds)]


def process(events: Iterable[Event], start: float = LONG_AGO, end: float = SPAN + 1) -> Process:
    """A process with `events` of `LABEL_SET`."""
    ordered = sorted(events, key=lambda event: event.time)
    return Process(start, end, {LABEL_SET: tuple(ordered)})


def made_of(*processes: Process, interval: int = 15, failing: Sequence[int] = ()) -> Fleet:
    """A fleet of consecutive `processes`; the scrapes at the seconds in `failing` fail."""
    scrapes = {
        time: time not in failing and any(each.start <= time < each.end for each in processes)
        for time in range(0, SPAN + 1, interval)
    }
    return Fleet("by hand", SPAN, (Target("a:5001", processes, scrapes),))
