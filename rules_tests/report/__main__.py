"""The command `python -m rules_tests.report`."""

import argparse
import sys

from delivery.writer import drift, write
from rules_tests.report.page import build
from tools import ROOT
from tools.locate import ToolError


def main() -> int:
    """Write the page and its pictures, or check that they are what the rules do."""
    parser = argparse.ArgumentParser(
        prog="python -m rules_tests.report",
        description="Write docs/alerts.md and its pictures from what the rules do, or check them.",
        epilog="example: python -m rules_tests.report check",
    )
    parser.add_argument("command", choices=("write", "check"))
    command: str = parser.parse_args().command
    try:
        files = build()
    except ToolError as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    if command == "write":
        changed = write(ROOT, files, "docs")
        print(f"docs: {len(files)} files, {len(changed)} changed")
        return 0
    difference = drift(ROOT, files, "docs")
    sys.stdout.write(difference)
    return int(bool(difference))


if __name__ == "__main__":
    sys.exit(main())
