"""The command `python -m rules_tests.bench`."""

import sys
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from contract.command import Parser, done
from rules_tests.bench.cost import STEADY, Cost, ratio, rules, steady, view


def main() -> int:
    """Print each table once it is counted.

    0: done; 1: something needed is missing, or a query gets no answer.
    """
    Parser(
        prog="python -m rules_tests.bench",
        description="Count the samples that one minute's evaluation reads, for our rules and for "
        "plain ones, and those of a day's view of the dashboard, on a real Prometheus with 25 "
        "hours of history.",
    ).parse_args()
    return done("bench", _count)


def _count() -> None:
    for replicas in (5, 15):
        _show(f"rules, every minute, {replicas} replicas", rules(replicas))
    with steady(hours=25) as api:
        costs = view(api, hours=24)
    _show(f"a view of 24 h with a point a minute, {STEADY['replicas']} replicas", costs)


def _show(title: str, costs: Mapping[str, Cost]) -> None:
    """Print each cost with its sum, and the second sum divided by the first."""
    table = Table("what is read", "samples", title=title)
    for what, cost in costs.items():
        for name, samples in cost.items():
            table.add_row(name, f"{samples:,}")
        table.add_row(f"{what}, all", f"{sum(cost.values()):,}", end_section=True)
    first, second, *_ = costs
    table.add_row(f"{second} / {first}", f"{ratio(costs):.1f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main())
