"""The command `python -m rules_tests.report`."""

import sys

from delivery.writer import drift, write
from rules_tests.report.page import PAGE, text
from tools import ROOT
from tools.arguments import Parser
from tools.locate import ToolError


def main() -> int:
    """Write the page, or check that it matches the rules."""
    parser = Parser(
        prog="python -m rules_tests.report",
        description="Write docs/alerts.md from what the rules do, or check it.",
        epilog="example: python -m rules_tests.report check",
    )
    parser.add_argument("command", choices=("write", "check"))
    command: str = parser.parse_args().command
    try:
        files = {PAGE: text()}
    except ToolError as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    if command == "write":
        changed = write(ROOT, files, "docs")
        print(f"docs: {PAGE} {'written' if changed else 'is what the rules do'}")
        return 0
    difference = drift(ROOT, files, "docs")
    sys.stdout.write(difference)
    return int(bool(difference))


if __name__ == "__main__":
    sys.exit(main())
