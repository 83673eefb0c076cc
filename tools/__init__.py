"""What the other rooms run on: the virtual environment and the Prometheus command-line tools."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout. Everything that our commands fetch or write stays below it."""

MARK = "COMPOZY_MONITORING_STACK"
"""Environment variable and container label that name the stack that a process belongs to."""

TOOLS_DIR = ROOT / ".tools"
"""Where fetched packages are unpacked, with a folder for each package."""


class ToolError(OSError):
    """What a command needs is missing or fails; the message says what, and how to get it."""
