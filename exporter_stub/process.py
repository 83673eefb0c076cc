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
from types import FrameType
from typing import NoReturn, TypeVar

from pythonjsonlogger.json import JsonFormatter

LOG = logging.getLogger(__name__)
T = TypeVar("T", int, float)
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Parser(argparse.ArgumentParser):
    """Reports bad input in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end with exit code 2."""
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message}\n")


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


def end_on_signals() -> None:
    """Let SIGTERM, Ctrl-C and the terminal's end end the main thread, through its `with` blocks.

    They raise a KeyboardInterrupt that has the signal's number. An error that ends another thread
    ends the main thread too, with exit code 1.
    """
    main_thread, crashed = threading.get_ident(), False

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        for each in ENDING_SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # once is enough: the end takes bounded time
        if crashed:
            sys.exit(1)
        raise KeyboardInterrupt(number)

    def crash(arguments: threading.ExceptHookArgs) -> None:
        nonlocal crashed
        LOG.critical("%s ended by an error", arguments.thread, exc_info=arguments.exc_value)
        crashed = True
        signal.pthread_kill(main_thread, signal.SIGTERM)  # wherever it waits

    for each in ENDING_SIGNALS:
        if each is not signal.SIGHUP or signal.getsignal(each) is not signal.SIG_IGN:  # nohup
            signal.signal(each, end)
    threading.excepthook = crash


def write_private(file: Path, text: str) -> None:
    """Write `text` atomically to `file`, which only its owner can read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)  # an interrupted start may have left it
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(text)
    fresh.rename(file)
