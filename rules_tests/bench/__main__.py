"""The command `python -m rules_tests.bench`."""

import sys

import requests
from rich.console import Console
from rich.table import Table

from rules_tests.bench.cost import STEADY, Cost, row, rules, steady
from tools import ToolError
from tools.arguments import Parser


def main() -> int:
    """Print the table. 0: done; 1: something needed is missing, or a query gets no answer."""
    parser = Parser(
        prog="python -m rules_tests.bench",
        description="Count the samples that one minute's evaluation reads, for our rules and for "
        "plain ones, and those of a day's view of the dashboard, on a real Prometheus with 25 "
        "hours of history.",
    )
    parser.parse_args()
    try:
        with steady(hours=25) as api:
            evaluated, viewed = rules(api), row(api, hours=24)
    except (ToolError, requests.RequestException) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    table = Table("read", "samples")
    for name, cost in evaluated.items():
        _add(table, f"{name}, every minute", cost)
    _add(table, "the dashboard's row, 24 h with a point a minute", viewed.panels)
    _add(table, "known queries, over the same time", viewed.known)
    table.add_row("known queries / the row", f"{viewed.ratio:.1f}")
    console = Console()
    console.width = max(console.width, 120)
    console.print(f"{STEADY['replicas']} replicas, scraped every {STEADY['every']} s for 25 h")
    console.print(table)
    return 0


def _add(table: Table, what: str, cost: Cost) -> None:
    """The lines of one sort, and their sum."""
    for name, samples in cost.items():
        table.add_row(name, f"{samples:,}")
    table.add_row(what, f"{sum(cost.values()):,}", end_section=True)


if __name__ == "__main__":
    sys.exit(main())
