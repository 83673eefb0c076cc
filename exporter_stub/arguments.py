"""Types for argparse: each refuses invalid values with a message about the valid ones."""

import argparse
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn, TypeVar

from contract.durations import parsed_duration

T = TypeVar("T", int, float)


class Parser(argparse.ArgumentParser):
    """Reports bad input in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end with exit code 2."""
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message}\n")


def number(what: str, most: float, least: float = 1e-6) -> Callable[[str], float]:
    """The type for a number from `least` to `most`, called `what` in messages."""
    return partial(_read, float, f"{what}: a number from {least:g} to {most:g}", least, most)


def count(what: str, most: int) -> Callable[[str], int]:
    """The type for a whole number from 1 to `most`, called `what` in messages."""
    return partial(_read, int, f"{what}: a whole number from 1 to {most}", 1, most)


def _read(kind: Callable[[str], T], what: str, least: T, most: T, text: str) -> T:
    with suppress(ValueError):  # int() refuses thousands of digits
        if re.fullmatch("[0-9.e+-]+", text) and least <= (found := kind(text)) <= most:
            return found
    raise argparse.ArgumentTypeError(f"{text!r} is no {what}")


port = count("port", 65_535)
rate = number("rate", 10_000, 0.001)  # workflow runs a second


def share(text: str) -> float:
    """A share, as a number and not in percent."""
    if text.endswith("%"):
        raise argparse.ArgumentTypeError(f"{text!r} is no share: write 0.01 for 1%")
    return number("share", 1)(text)


def duration(text: str) -> float:
    """Seconds of a duration such as 90s, 10m or 1h30m."""
    try:
        return parsed_duration(text).total_seconds()
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
