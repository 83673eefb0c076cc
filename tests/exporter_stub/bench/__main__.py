"""The command `python -m tests.exporter_stub.bench`."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from exporter_stub.database import migrate, with_time_outs
from exporter_stub.postgres import EmbeddedPostgres
from tests.exporter_stub.bench import healthy, speed

SAMPLES = (629, 10_000)
"""The default catalogue's, with a failures series; and many."""

SEEDS = 150


def main() -> None:
    """Print the report."""
    table = Table("what", "ours", "beside it", "what is beside it", "ratio")
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as server:
        dsn = with_time_outs(server.dsn)
        migrate(dsn)
        # In turns, so that a busy machine slows both.
        both = [[speed.counted(dsn, write) for write in (speed.ours, speed.bare)] for _ in range(5)]
        ours, bare = zip(*both, strict=True)
        _add(table, "rows persisted a second", ours, bare, "bare psycopg")
        for samples in SAMPLES:
            with_scrapes = speed.measured(dsn, samples, scraped=True)
            without = speed.measured(dsn, samples, scraped=False)
            table.add_row(f"a scrape of {samples:,} samples, ms", f"{with_scrapes[0]:.1f}")
            name = f"p99 of writes while {samples:,} samples are scraped each second, ms"
            _add(table, name, with_scrapes[1:], without[1:], "not scraped")
    fired = sum(healthy.alerts(seed) > 0 for seed in range(SEEDS))
    table.add_row(f"token spikes in {SEEDS} times two healthy days", f"{fired}")
    console = Console()
    console.width = max(console.width, 120)
    console.print(table, highlight=False)


def _add(table: Table, what: str, ours: Sequence[float], other: Sequence[float], name: str) -> None:
    mine, theirs = median(ours), median(other)
    table.add_row(what, f"{mine:,.1f}", f"{theirs:,.1f}", name, f"{mine / theirs:.2f}")


if __name__ == "__main__":
    main()
