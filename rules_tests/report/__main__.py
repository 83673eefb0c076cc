"""The command `python -m rules_tests.report`."""

import sys

from delivery.writer import write
from rules_tests.report.page import PAGE, text
from tools import ROOT, ToolError
from tools.arguments import Parser


def main() -> int:
    """Write the page."""
    parser = Parser(
        prog="python -m rules_tests.report",
        description="Write docs/alerts.md from what the rules do.",
    )
    parser.parse_args()
    try:
        files = {PAGE: text()}
    except ToolError as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    changed = write(ROOT, files, "docs")
    print(f"docs: {PAGE} {'written' if changed else 'is what the rules do'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
