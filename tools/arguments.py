"""Command lines: errors are one sentence on standard error."""

import argparse
import signal
import sys
from collections.abc import Callable
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """argparse's parser, without the usage text before each error."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where to find help, and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def done(name: str, command: Callable[[], int | None]) -> int:
    """The exit code of `command`: its own; 1 for an OSError, 128 + n for signal n, both printed."""
    try:
        return command() or 0
    except OSError as error:  # one of ours has a text alone
        where = f"{error.filename or 'output'}: {error.strerror}" if error.strerror else error
        said, code = str(where), 1
    except KeyboardInterrupt as stopped:
        said, code = "stopped", 128 + (stopped.args or (signal.SIGINT,))[0]
    print(f"{name}: {said}", file=sys.stderr)
    return code
