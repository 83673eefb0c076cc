"""Logging, the end of a process, and files that only their owner can read."""

import _thread
import logging
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path

from pythonjsonlogger.json import JsonFormatter

LOG = logging.getLogger(__name__)

CAPACITY = 10_000  # log lines that may wait to be written; further ones are lost, and counted
LAST_WORDS = 1.0  # seconds to write the last lines at the end
Lines = queue.Queue[logging.LogRecord]


class _Waiting(QueueHandler):
    """Queues log lines, so that no thread waits for the reader of standard error."""

    queue: Lines
    _lost = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        if self._lost:
            record.msg = f"{record.msg} (and {self._lost} lines before it, which nobody read)"
        try:
            self.queue.put_nowait(record)
            self._lost = 0
        except queue.Full:
            self._lost += 1


class _Written(logging.Handler):
    """Writes to standard error without a lock, which a write that nobody reads would hold."""

    def createLock(self) -> None:  # noqa: N802  # logging's name
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # the reader has gone
            os.write(sys.stderr.fileno(), f"{self.format(record)}\n".encode())


def log_to_stderr(form: str) -> Lines:
    """Log in the format `form`, plain or json. Returns the queue of lines to be written."""
    written = _Written()
    written.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    if form == "json":
        renamed = {"levelname": "level", "name": "logger"}
        fields = ("levelname", "name", "message")
        written.setFormatter(JsonFormatter(fields, rename_fields=renamed, timestamp="time"))
    lines: Lines = queue.Queue(CAPACITY)
    waiting = _Waiting(lines)
    waiting.setFormatter(logging.Formatter("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[waiting], force=True)
    QueueListener(lines, written).start()
    return lines


def finish(lines: Lines) -> None:
    """Wait until `lines` are written, but not longer than LAST_WORDS."""
    with lines.all_tasks_done:
        lines.all_tasks_done.wait_for(lambda: not lines.unfinished_tasks, LAST_WORDS)


def end_on_signals() -> None:
    """Let SIGTERM and Ctrl-C end the main thread with exit code 0, through its `with` blocks.

    An error that ends another thread ends the main thread too, with exit code 1.
    """
    code = 0

    def end(*_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # once is enough: the end takes bounded time
        sys.exit(code)

    def crash(arguments: threading.ExceptHookArgs) -> None:
        nonlocal code
        LOG.critical("%s ended by an error", arguments.thread, exc_info=arguments.exc_value)
        code = 1
        _thread.interrupt_main(signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    threading.excepthook = crash


def write_private(file: Path, text: str) -> None:
    """Write `text` atomically to `file`, which only its owner can read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)  # an interrupted start may have left it
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(text)
    fresh.rename(file)
