"""What the other rooms run on: the virtual environment and the Prometheus command-line tools.

First of all it checks Python's version, in syntax that even the oldest versions can parse.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # this is the check for older versions
    sys.exit(
        "setup: this is Python %d.%d, and 3.11 or later is needed: install it, "  # noqa: UP031
        "and run make with PYTHON=python3.11" % sys.version_info[:2]
    )

from pathlib import Path  # Python 2 has none

ROOT = Path(__file__).resolve().parent.parent
"""The checkout. Everything that our commands fetch or write stays below it."""

MARK = "COMPOZY_MONITORING_STACK"
"""Environment variable and container label that name the stack that a process belongs to."""

TOOLS_DIR = ROOT / ".tools"
"""Where fetched packages are unpacked, with a folder for each package."""


class ToolError(OSError):
    """What a command needs is missing or fails; the message says what, and how to get it."""
