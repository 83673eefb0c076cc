"""The command `python -m exporter_stub postgres`: the embedded server alone."""

import argparse
import logging
import signal
from pathlib import Path

from exporter_stub.postgres import EmbeddedPostgres
from exporter_stub.process import end_on_signals

LOG = logging.getLogger(__name__)
ADDRESS = "dsn"  # file in the data folder that has the server's address while it runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    told = f"folder of its data, and of the file {ADDRESS} with its address (%(default)s)"
    parser.add_argument("--data-dir", type=Path, default=Path(".data/postgres"), help=told)


def run(options: argparse.Namespace) -> int:
    """Run the server until SIGTERM or Ctrl-C. Raises DatabaseError where it does not start."""
    end_on_signals()
    file = options.data_dir / ADDRESS
    with EmbeddedPostgres(options.data_dir) as server:
        fresh = file.with_suffix(".new")
        fresh.write_text(server.dsn)
        fresh.rename(file)
        LOG.info("PostgreSQL for %s", server.dsn)
        try:
            while True:
                signal.pause()
        finally:
            file.unlink(missing_ok=True)
