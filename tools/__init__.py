"""What the other rooms run on: the virtual environment and the Prometheus command-line tools."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout. Everything that our commands fetch or write stays below it."""

MARK = "COMPOZY_MONITORING_STACK"
"""Environment variable and container label that tell which stack a process belongs to."""

TOOLS_DIR = ROOT / ".tools"
"""Where fetched packages are unpacked, a folder a package."""
