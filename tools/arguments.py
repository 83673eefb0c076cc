"""Command lines: errors are one sentence on standard error, and signals end them in order."""

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Parser(argparse.ArgumentParser):
    """argparse's parser, without the usage text before each error."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where to find help, and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def done(name: str, command: Callable[[], int | None], failed: int = 1) -> int:
    """The exit code of `command`: its own; `failed` for an OSError, 128 + n for signal n.

    Both of these are printed. A signal ends the command through its `with` blocks.
    """
    before = {number: signal.signal(number, _interrupt) for number in ENDING_SIGNALS}
    try:
        return command() or 0
    except OSError as error:  # one of ours has a text alone
        where = f"{error.filename or 'output'}: {error.strerror}" if error.strerror else error
        said, code = str(where), failed
    except KeyboardInterrupt as stopped:
        said, code = "stopped", 128 + (stopped.args or (signal.SIGINT,))[0]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    print(f"{name}: {said}", file=sys.stderr)
    return code


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    for caught in ENDING_SIGNALS:
        signal.signal(caught, signal.SIG_IGN)  # cleaning up is not interrupted again
    raise KeyboardInterrupt(number)
