"""The command `python -m rules_tests.report`."""

import sys

from delivery.writer import write
from rules_tests.report.page import PAGE, text
from tools import ROOT
from tools.arguments import Parser, done


def main() -> int:
    """Write the page."""
    parser = Parser(
        prog="python -m rules_tests.report",
        description="Write docs/alerts.md from what the rules do.",
    )
    parser.parse_args()
    return done("docs", _write)


def _write() -> None:
    changed = write(ROOT, {PAGE: text()}, "docs")
    print(f"docs: {PAGE} {'written' if changed else 'is what the rules do'}")


if __name__ == "__main__":
    sys.exit(main())
