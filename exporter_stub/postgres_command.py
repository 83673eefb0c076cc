"""The command `python -m exporter_stub postgres`: the embedded server alone."""

import argparse
import logging
import threading
from pathlib import Path

from exporter_stub.embedded_postgres import EmbeddedPostgres
from exporter_stub.signals import end_at_once, stop_after_a_crash, stop_on_signals

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
    """Run the server until SIGTERM or Ctrl-C. 0: ended so; 1: a thread ended by an error.

    Raises DatabaseError where it does not start.
    """
    stop = threading.Event()
    end_at_once()
    crashed = stop_after_a_crash(stop)
    file = options.data_dir / ADDRESS
    with EmbeddedPostgres(options.data_dir) as server:
        stop_on_signals(stop)
        fresh = file.with_suffix(".new")
        fresh.write_text(server.dsn)
        fresh.rename(file)
        LOG.info("PostgreSQL for %s", server.dsn)
        stop.wait()
        file.unlink(missing_ok=True)
    return int(crashed.is_set())
