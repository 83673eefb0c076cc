"""Command-line parsing with errors of one sentence."""

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """argparse's parser, without the usage text before each error."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where to find help, and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")
