"""Spans of time as Prometheus writes them: `1h30m`."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000}
_UNITS |= {"m": 60_000, "s": 1_000, "ms": 1}
"""Milliseconds of each."""

_LONGEST = 2**63 // 1_000_000
"""Milliseconds: Prometheus counts nanoseconds in 64 bits."""

_WRITTEN = ("h", "m", "s", "ms")
_PARTS = re.compile("".join(rf"(?:(\d+){unit})?" for unit in _UNITS))


def minutes(count: float) -> timedelta:
    """`count` minutes."""
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    """`count` hours."""
    return timedelta(hours=count)


def seconds(span: timedelta) -> int:
    """`span` in whole seconds."""
    return int(span.total_seconds())


def promql_duration(span: timedelta) -> str:
    """`span` as PromQL and rule files write it, in its largest whole units: 90 s is `1m30s`.

    Raises ValueError for a span that is negative or not a whole number of milliseconds.
    """
    milliseconds, rest = divmod(span, timedelta(milliseconds=1))
    if rest or milliseconds < 0:
        raise ValueError(f"{span} is no PromQL duration: whole milliseconds, zero or more")
    text = ""
    for unit in _WRITTEN:
        count, milliseconds = divmod(milliseconds, _UNITS[unit])
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def parsed_duration(text: str) -> timedelta:
    """The span that `text` gives in PromQL's notation; zero needs no unit.

    Raises ValueError if it is not a duration.
    """
    found = _PARTS.fullmatch("0s" if text == "0" else text)
    if not text or found is None:
        raise ValueError(f"must be a duration such as 15m or 1h30m, not {text!r}")
    parts = zip(found.groups(), _UNITS.values(), strict=True)
    length = sum(int(count or 0) * size for count, size in parts)
    if length > _LONGEST:
        raise ValueError(f"must be a duration that Prometheus can count, not {text!r}")
    return timedelta(milliseconds=length)


def _span(value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else parsed_duration(str(value))


Duration = Annotated[timedelta, BeforeValidator(_span), PlainSerializer(promql_duration)]
"""A span of time; configuration files write it in PromQL's notation."""
