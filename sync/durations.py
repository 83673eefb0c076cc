"""Durations as Prometheus, Alertmanager and Grafana write them: 90s is 1m30s is 1m30s."""

import re

_UNITS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000}
_UNITS |= {"m": 60_000, "s": 1000, "ms": 1}
_WHOLE = re.compile("".join(rf"(?:\d+{unit})?" for unit in _UNITS))
_PART = re.compile(r"(\d+)(ms|[ywdhms])")


def seconds(text: str) -> float | None:
    """The length of `text`, such as 1h30m; None where it is no duration."""
    if text == "0":
        return 0.0
    if not text or not _WHOLE.fullmatch(text):
        return None
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text)) / 1000


def shown(length: float) -> str:
    """`length` in seconds as people write it, in hours and less."""
    left = round(length * 1000)
    parts = []
    for unit in ("h", "m", "s", "ms"):
        count, left = divmod(left, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def canonical(value: object) -> object:
    """`value` written one way where it is a duration, and as it is where not."""
    length = seconds(value) if isinstance(value, str) else None
    return value if length is None else shown(length)
