"""Types of command-line arguments, for argparse: each refuses what cannot be, and says what can."""

import argparse


def port(text: str) -> int:
    """A TCP port."""
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 1 to 65535")
    return int(text)


def rate(text: str) -> float:
    """Workflow runs a second."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate: a number above 0, up to 10000")
    return found
