"""The command `python -m rules_tests.bench`."""

import sys

from rich.console import Console
from rich.table import Table

from rules_tests.bench.cost import STEADY, Cost, row, rules, steady
from tools.arguments import Parser, done

REPLICAS = (5, 15)


def main() -> int:
    """Print the table. 0: done; 1: something needed is missing, or a query gets no answer."""
    parser = Parser(
        prog="python -m rules_tests.bench",
        description="Count the samples that one minute's evaluation reads, for our rules and for "
        "plain ones, and those of a day's view of the dashboard, on a real Prometheus with 25 "
        "hours of history.",
    )
    parser.parse_args()
    return done("bench", _count)


def _count() -> None:
    evaluated = {replicas: rules(replicas) for replicas in REPLICAS}
    with steady(hours=25) as api:
        viewed = row(api, hours=24)
    console = Console()
    console.width = max(console.width, 120)
    for replicas, costs in evaluated.items():
        table = Table("read every minute", "samples", title=f"rules, {replicas} replicas")
        for kind, cost in costs.items():
            _add(table, f"{kind}, all", cost)
        ours, plain = (sum(cost.values()) for cost in costs.values())
        table.add_row("plain / ours", f"{plain / ours:.1f}")
        console.print(table)
    view = f"a view of 24 h with a point a minute, {STEADY['replicas']} replicas"
    table = Table("read", "samples", title=view)
    _add(table, "the dashboard's row", viewed.panels)
    _add(table, "known queries", viewed.known)
    table.add_row("known queries / the row", f"{viewed.ratio:.1f}")
    _add(table, "recording for the row, every minute", viewed.recording)
    console.print(table)


def _add(table: Table, what: str, cost: Cost) -> None:
    """The lines of one sort, and their sum."""
    for name, samples in cost.items():
        table.add_row(name, f"{samples:,}")
    table.add_row(what, f"{sum(cost.values()):,}", end_section=True)


if __name__ == "__main__":
    sys.exit(main())
