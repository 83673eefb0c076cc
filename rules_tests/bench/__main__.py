"""The command `python -m rules_tests.bench`."""

import sys
import tempfile
import time
from pathlib import Path

import requests
from rich.console import Console
from rich.table import Table

from config import Config
from delivery.targets import groups, rule_file
from rules_tests.bench.count import samples_read
from rules_tests.bench.history import write
from rules_tests.bench.row import STEADY, Cost, cost
from rules_tests.rule_files import parsed, rule_name, rules_of
from stack.history import recorded
from tools import ROOT, ToolError
from tools.arguments import Parser

PLAIN = ROOT / "rules_tests/fleets/plain.yaml"
"""Alerts of the same names on raw counters, without recording rules."""
REPLICAS = (5, 15)


def main() -> int:
    """Print the table. 0: done; 1: something needed is missing, or a query gets no answer."""
    parser = Parser(
        prog="python -m rules_tests.bench",
        description="Count the samples that one minute's evaluation reads, for our rules and for "
        "plain ones, on a real Prometheus with 25 hours of history.",
    )
    parser.parse_args()
    try:
        counts = {count: _count(count) for count in REPLICAS}
        row = cost(hours=24, of=25)
    except (ToolError, requests.RequestException) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    _show(counts)
    _show_row(row)
    return 0


def _count(replicas: int) -> dict[str, dict[str, int]]:
    """Samples that each rule of `ours` and of `plain` reads."""
    end = int(time.time()) // 60 * 60
    texts = {"ours": rule_file(Config()), "plain": PLAIN.read_text(encoding="utf-8")}
    with tempfile.TemporaryDirectory(prefix="compozy-bench-") as folder:
        raw = Path(folder, "raw.txt")
        with raw.open("w", encoding="utf-8") as file:
            write(file, replicas, end)
        with recorded(Path(folder), [raw], groups(Config())) as history:
            return {
                kind: {
                    rule_name(rule): samples_read(history, rule["expr"], end)
                    for rule in rules_of(parsed(text))
                }
                for kind, text in texts.items()
            }


def _show(counts: dict[int, dict[str, dict[str, int]]]) -> None:
    table = Table("rules", "rule", *(f"{count} replicas" for count in counts))
    for kind in ("ours", "plain"):
        for name in next(iter(counts.values()))[kind]:
            table.add_row(kind, name, *(f"{found[kind][name]:,}" for found in counts.values()))
        sums = [sum(found[kind].values()) for found in counts.values()]
        table.add_row(
            kind, "all, every minute", *(f"{count:,}" for count in sums), end_section=True
        )
    ratios = [
        sum(found["plain"].values()) / sum(found["ours"].values()) for found in counts.values()
    ]
    table.add_row("plain / ours", "", *(f"{ratio:.0f}" for ratio in ratios))
    console = Console()
    console.width = max(console.width, 120)
    console.print(
        "samples read by one evaluation; 3 components x 6 models, scraped every 15 s, 25 h"
    )
    console.print(table)


def _show_row(found: Cost) -> None:
    table = Table("looking at the dashboard", "samples")
    for name, count in found.panels.items():
        table.add_row(name, f"{count:,}")
    table.add_row("the row", f"{sum(found.panels.values()):,}", end_section=True)
    for name, count in found.known.items():
        table.add_row(f"known query: {name}", f"{count:,}")
    table.add_row("known queries / the row", f"{found.ratio:.1f}", end_section=True)
    table.add_row("recording for the row, every minute", f"{found.recording:,}")
    Console().print(
        f"samples read by one view of 24 h with a point a minute; {STEADY['replicas']} replicas, "
        f"scraped every {STEADY['every']} s"
    )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
