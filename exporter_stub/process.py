"""A process: its arguments, its log, its end, and files that only their owner can read."""

import argparse
import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pythonjsonlogger.json import JsonFormatter

LOG = logging.getLogger(__name__)
T = TypeVar("T", int, float)


def number(what: str, least: T, most: T) -> Callable[[str], T]:
    """The type of an argument from `least` to `most`, called `what`; a whole number if they are."""
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


class _Unblocked(logging.Handler):
    """Writes to standard error, and holds up nobody while its reader does not read.

    A line for which the pipe has no room is lost, and counted in the next line that has.
    """

    _lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        if self._lost:
            record.msg = f"{record.msg} (and {self._lost} lines before it, which nobody read)"
        rest, poll = f"{self.format(record)}\n".encode(), select.poll()
        with suppress(OSError):  # the reader has gone
            poll.register(sys.stderr, select.POLLOUT)
            while rest and poll.poll(0):  # a pipe then has room for PIPE_BUF bytes
                rest = rest[os.write(sys.stderr.fileno(), rest[: select.PIPE_BUF]) :]
            self._lost = self._lost + 1 if rest else 0


def log_to_stderr(form: str) -> None:
    """Log in the format `form`, plain or json."""
    handler = _Unblocked() if sys.stderr else logging.NullHandler()  # it may be closed
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    if form == "json":
        renamed = {"levelname": "level", "name": "logger"}
        fields = ("levelname", "name", "message")
        handler.setFormatter(JsonFormatter(fields, rename_fields=renamed, timestamp="time"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def end_on_crash() -> threading.Event:
    """Let an error that ends another thread end the main thread too, as SIGTERM does.

    The event tells whether there was one.
    """
    main_thread, crashed = threading.get_ident(), threading.Event()

    def crash(arguments: threading.ExceptHookArgs) -> None:
        LOG.critical("%s ended by an error", arguments.thread, exc_info=arguments.exc_value)
        crashed.set()
        signal.pthread_kill(main_thread, signal.SIGTERM)  # wherever it waits

    threading.excepthook = crash
    return crashed


def write_private(file: Path, text: str) -> None:
    """Write `text` atomically to `file`, which only its owner can read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)  # an interrupted start may have left it
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(text)
    fresh.rename(file)
