"""The table of tests and engines, and the engines' messages on failed tests."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from rules_tests.engines.judge import Verdict
from rules_tests.promtool_files import NamedTest
from tools.locate import Pinned

Verdicts = Mapping[Pinned, Sequence[Verdict]]
"""For each engine, its verdicts in the order of the tests."""

_WIDTH = 140  # columns where the output is not a terminal
_LEGEND = "differs as documented (+n): what must fire does n evaluations later, see docs/engines.md"


def show(console: Console, tests: Sequence[NamedTest], found: Verdicts) -> None:
    """Print a row for each test, grouped by file, and each failure with the engine's message."""
    grid = Table("test", *map(str, found))
    file = None
    failures = []
    for test, *verdicts in zip(tests, *found.values(), strict=True):
        if test.file != file:
            file = test.file
            grid.add_section()
            grid.add_row(file.name)
        grid.add_row(f"  {test.name}", *map(str, verdicts))
        failures += [
            f"\nFAIL: {engine}: {test.file.name}: {test.name}\n{verdict.message}"
            for engine, verdict in zip(found, verdicts, strict=True)
            if not verdict.passed
        ]
    grid.add_section()
    passed = [sum(verdict.passed for verdict in verdicts) for verdicts in found.values()]
    grid.add_row(f"{len(tests)} tests", *(f"{count} passed" for count in passed))
    console.width = max(console.width, _WIDTH)
    console.print(grid, highlight=False)
    if any(verdict.passed and verdict.late for each in found.values() for verdict in each):
        console.print(_LEGEND, highlight=False)
    for failure in failures:
        console.print(failure, markup=False, highlight=False)
