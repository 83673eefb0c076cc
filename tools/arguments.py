"""Command lines: errors are one sentence on standard error."""

import argparse
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from tools import ToolError


class Parser(argparse.ArgumentParser):
    """argparse's parser, without the usage text before each error."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where to find help, and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def done(name: str, command: Callable[[], object]) -> int:
    """The exit code of `command`: 0, 1 for ToolError or OSError, or 130 for Ctrl-C, all printed."""
    code = 1
    try:
        command()
    except ToolError as error:
        said = str(error)
    except OSError as error:
        said = f"{error.filename or 'output'}: {error.strerror or error}"
    except KeyboardInterrupt:
        said, code = "interrupted", 128 + signal.SIGINT
    else:
        return 0
    print(f"{name}: {said}", file=sys.stderr)
    return code
