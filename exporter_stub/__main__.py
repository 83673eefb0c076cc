"""python -m exporter_stub: traffic, real persistence, and `/metrics`."""

import argparse
import logging
import os
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from prometheus_client import CollectorRegistry

from exporter_stub.arguments import port, rate
from exporter_stub.collector import Collector, emit
from exporter_stub.config import ConfigError, Monitoring, load
from exporter_stub.database import DatabaseError, UsageStore, migrate, with_time_outs
from exporter_stub.embedded_postgres import EmbeddedPostgres
from exporter_stub.metrics import UsageMetrics
from exporter_stub.server import MetricsServer
from exporter_stub.traffic import SCENARIOS, Traffic

LOG = logging.getLogger("exporter_stub")
PORT = 5001
"""Compozy's own port."""

DEFAULT_CONFIG = Path("compozy.yaml")
USAGE_ERROR = 2
JOIN_TIMEOUT = 15
"""Seconds a worker gets to finish what it is writing: a connect and a statement at their limits."""


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C. 0: stopped so; 1: could not run; 2: bad input."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    try:
        return _serve(options, load(_config_file(options.config), os.environ))
    except ConfigError as error:
        print(f"exporter_stub: {error}", file=sys.stderr)
        return USAGE_ERROR
    except DatabaseError as error:
        print(f"exporter_stub: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"exporter_stub: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m exporter_stub",
        description=(
            "Emit Compozy's LLM usage series, and persist the usage to PostgreSQL: to the one of "
            "DATABASE_URL, else to an embedded one."
        ),
        epilog="example: MONITORING_ENABLED=true python -m exporter_stub --rate 5",
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help=f"default: {DEFAULT_CONFIG}, where it exists"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=port, default=PORT, help="port to listen on (%(default)s)")
    parser.add_argument(
        "--rate", type=rate, default=2.0, help="workflow runs a second (%(default)s)"
    )
    parser.add_argument("--seed", type=int, help="the same traffic every time")
    parser.add_argument(
        "--scenario",
        choices=sorted(SCENARIOS),
        default="steady",
        help="; ".join(f"{name}: {found.description}" for name, found in SCENARIOS.items()),
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(".data/exporter"),
        help="folder of the embedded PostgreSQL (%(default)s)",
    )
    return parser


def _config_file(named: Path | None) -> Path | None:
    return named or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)


def _serve(options: argparse.Namespace, monitoring: Monitoring) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    registry = CollectorRegistry()
    with ExitStack() as stack:
        path = monitoring.path if monitoring.enabled else None
        try:
            server = stack.enter_context(
                MetricsServer((options.host, options.port), registry, path)
            )
        except OSError as error:
            where = f"{options.host}:{options.port}"
            print(
                f"exporter_stub: cannot listen on {where} ({error.strerror}): choose another "
                "address with --host and --port",
                file=sys.stderr,
            )
            return 1
        url = os.environ.get("DATABASE_URL") or _embedded(stack, options.data_dir)
        dsn = with_time_outs(url)
        for version in migrate(dsn):
            LOG.info("Applied migration %s", version)
        traffic = Traffic(SCENARIOS[options.scenario], options.rate, options.seed)
        store = stack.enter_context(UsageStore(dsn))
        collector = Collector(store, UsageMetrics(registry))
        worker = threading.Thread(
            target=emit, args=(traffic, collector.handle, stop), name="traffic", daemon=True
        )
        listener = threading.Thread(target=server.serve_forever, name="http", daemon=True)
        listener.start()
        stack.callback(server.shutdown)
        worker.start()
        if path is None:
            LOG.warning("Monitoring is off, nothing is served: set MONITORING_ENABLED=true")
        else:
            LOG.info("Serving http://%s:%s%s", options.host, options.port, path)
        stop.wait()
        worker.join(JOIN_TIMEOUT)
        LOG.info("Stopped")
    return 0


def _embedded(stack: ExitStack, folder: Path) -> str:
    server = stack.enter_context(EmbeddedPostgres(folder))
    LOG.info("Embedded PostgreSQL in %s", folder)
    return server.dsn


if __name__ == "__main__":
    sys.exit(main())
