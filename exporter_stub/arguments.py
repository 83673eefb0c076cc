"""Types of command-line arguments, for argparse: each refuses what cannot be, and says what can."""

import argparse
import re
from collections.abc import Callable

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def port(text: str) -> int:
    """A TCP port."""
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 1 to 65535")
    return int(text)


def rate(text: str) -> float:
    """Workflow runs a second."""
    return number("rate", 10_000)(text)


def number(what: str, most: float) -> Callable[[str], float]:
    """The type of a number above 0, up to `most`, that messages call `what`."""

    def read(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = 0.0
        if not 0 < found <= most:
            raise argparse.ArgumentTypeError(
                f"{text!r} is no {what}: a number above 0, up to {most:g}"
            )
        return found

    return read


def count(what: str, most: int) -> Callable[[str], int]:
    """The type of a whole number from 1 to `most` that messages call `what`."""

    def read(text: str) -> int:
        if not (text.isdecimal() and 0 < int(text) <= most):
            raise argparse.ArgumentTypeError(
                f"{text!r} is no {what}: a whole number from 1 to {most}"
            )
        return int(text)

    return read


def duration(text: str) -> float:
    """Seconds of a duration such as 90s, 10m or 1h30m."""
    parts = re.findall(r"(\d+)([smhd])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 90s, 10m or 1h30m")
    return float(sum(int(value) * _UNITS[unit] for value, unit in parts))
