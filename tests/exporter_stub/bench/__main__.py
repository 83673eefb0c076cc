"""The command `python -m tests.exporter_stub.bench`."""

import sys
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from exporter_stub.database import migrate, with_time_outs
from exporter_stub.embedded_postgres import EmbeddedPostgres
from tests.exporter_stub.bench import load, scrapes, writes

ROUNDS = 5
SERIES = (1_000, 10_000, 50_000)


def main() -> int:
    """Print the report."""
    table = Table(
        "exporter", "ours", "beside", "what is beside", "ratio", title="make bench-exporter"
    )
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as server:
        dsn = with_time_outs(server.dsn)
        migrate(dsn)
        # In turns, so that a busy machine slows both.
        rounds = [(writes.ours(dsn), writes.bare(dsn)) for _ in range(ROUNDS)]
        ours, bare = (median(column) for column in zip(*rounds, strict=True))
        table.add_row(
            "rows persisted a second",
            f"{ours:,.0f}",
            f"{bare:,.0f}",
            "bare psycopg loop",
            f"{ours / bare:.2f}",
        )
        for series in SERIES:
            for what, (mine, theirs) in scrapes.compare(series).items():
                table.add_row(
                    f"{what}, {series:,} series",
                    f"{mine:.2f}",
                    f"{theirs:.2f}",
                    "prometheus_client",
                    f"{mine / theirs:.2f}",
                )
        middle, p99, rate = load.scrapes_under_load(dsn)
    table.add_row(f"/metrics at {rate:,.0f} executions a second, median ms", f"{middle:.1f}")
    table.add_row(f"/metrics at {rate:,.0f} executions a second, p99 ms", f"{p99:.1f}")
    console = Console()
    console.width = max(console.width, 120)
    console.print(table, highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
