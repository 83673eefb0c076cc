"""Command lines of all rooms: errors are one sentence, and signals end commands in order."""

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from contract.file import ConfigError

BAD_INPUT = 2
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Parser(argparse.ArgumentParser):
    """argparse's parser, without the usage text before each error."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where to find help, and exit with 2."""
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def done(
    name: str, command: Callable[[], int | None], failed: int = 1, *, endless: bool = False
) -> int:
    """The exit code of `command`: its own; 2 for a ConfigError, `failed` for an OSError.

    Both of these are printed. Signal n ends it through its `with` blocks, which is printed and is
    128 + n, or 0 for an `endless` command, whose end is a signal.
    """
    before = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    for number, handler in before.items():
        if number is not signal.SIGHUP or handler is not signal.SIG_IGN:  # nohup
            signal.signal(number, _interrupt)
    try:
        return command() or 0
    except ConfigError as error:
        said, code = str(error), BAD_INPUT
    except OSError as error:  # one of ours has a text alone
        where = f"{error.filename or 'output'}: {error.strerror}" if error.strerror else error
        said, code = str(where), failed
    except KeyboardInterrupt as stopped:
        if endless:
            return 0
        said, code = "stopped", 128 + (stopped.args or (signal.SIGINT,))[0]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    print(f"{name}: {said}", file=sys.stderr)
    return code


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    for each in ENDING_SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # cleaning up is not interrupted again
    raise KeyboardInterrupt(number)
