"""Command lines: a mistake gets one sentence."""

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """argparse's, without its usage before each message."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read on, and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")
