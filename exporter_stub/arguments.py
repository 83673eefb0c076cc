"""Types for argparse: each refuses invalid values with a message about the valid ones."""

import argparse
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, TypeVar

from contract.durations import parsed_duration

T = TypeVar("T", int, float)


class Parser(argparse.ArgumentParser):
    """Reports bad input in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end with exit code 2."""
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message}\n")


def number(what: str, least: T, most: T) -> Callable[[str], T]:
    """The type for a number from `least` to `most`, called `what`; a whole one if they are."""
    kind = type(most)
    range_ = f"a {'whole ' if kind is int else ''}number from {least:g} to {most:.12g}"

    def read(text: str) -> T:
        with suppress(ValueError):
            if least <= (found := kind(text)) <= most:
                return found
        raise argparse.ArgumentTypeError(f"{text!r} is no {what}: {range_}")

    return read


port = number("port", 1, 65_535)
rate = number("rate", 0.001, 10_000.0)  # workflow runs a second


def duration(text: str) -> float:
    """Seconds of a duration such as 90s, 10m or 1h30m."""
    try:
        return parsed_duration(text).total_seconds()
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
