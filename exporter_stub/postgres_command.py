"""The command `python -m exporter_stub postgres`: the embedded server alone."""

import argparse
import logging
import signal
import threading
from pathlib import Path

from exporter_stub.embedded_postgres import EmbeddedPostgres

LOG = logging.getLogger(__name__)
ADDRESS = "dsn"
"""File in the data folder that has the server's address while it runs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(".data/postgres"),
        help=f"folder of its data, and of the file {ADDRESS} with its address (%(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the server until SIGTERM or Ctrl-C. Raises DatabaseError where it does not start."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    file = options.data_dir / ADDRESS
    file.unlink(missing_ok=True)
    with EmbeddedPostgres(options.data_dir) as server:
        fresh = file.with_suffix(".new")
        fresh.write_text(server.dsn)
        fresh.rename(file)
        LOG.info("PostgreSQL for %s", server.dsn)
        stop.wait()
        file.unlink()
    return 0
