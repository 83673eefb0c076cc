"""The command that serves: traffic, real persistence, `/metrics`."""

import argparse
import logging
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack
from http.server import HTTPServer
from pathlib import Path

from exporter_stub import control
from exporter_stub.arguments import port, rate
from exporter_stub.availability import Availability
from exporter_stub.catalogue import DEFAULT, load_catalogue
from exporter_stub.clock import RealClock
from exporter_stub.config import load
from exporter_stub.database import migrate, with_time_outs
from exporter_stub.embedded_postgres import EmbeddedPostgres
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from exporter_stub.scenarios import LIVE, SCENARIOS
from exporter_stub.server import MetricsServer
from exporter_stub.signals import end_at_once, stop_after_a_crash, stop_on_signals
from exporter_stub.traffic import Traffic, emit

LOG = logging.getLogger(__name__)
PORT = 5001
"""Compozy's own port."""

POLL = 0.05
"""Seconds until a server notices that it is to end."""

DEFAULT_CONFIG = Path("compozy.yaml")


class ServeError(Exception):
    """The exporter cannot run; the message says why and what to do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
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
        choices=sorted(LIVE),
        default="steady",
        help="; ".join(f"{name}: {SCENARIOS[name].description}" for name in LIVE),
    )
    parser.add_argument("--catalogue", type=Path, default=DEFAULT, help="a YAML file of models")
    parser.add_argument(
        "--zero-init", action="store_true", help="series begin at zero, not at their first event"
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(".data/exporter"),
        help="folder of the embedded PostgreSQL and of the control token (%(default)s)",
    )
    parser.add_argument(
        "--control-port",
        type=port,
        help=f"take `fault` commands on this port of {control.HOST}, {control.PORT} say (off)",
    )
    parser.add_argument("--log-format", choices=("plain", "json"), default="plain")


def run(options: argparse.Namespace) -> int:
    """Run until SIGTERM or Ctrl-C. 0: stopped so; 1: a thread ended by an error.

    Raises ConfigError for bad input; ServeError, DatabaseError or OSError where it cannot run.
    """
    monitoring = load(_config_file(options.config), os.environ)
    catalogue = load_catalogue(options.catalogue)
    url = os.environ.get("DATABASE_URL")
    dsn = with_time_outs(url) if url else ""
    stop = threading.Event()
    end_at_once()  # until there is something to drain
    crashed = stop_after_a_crash(stop)
    clock = RealClock(stop)
    metrics = UsageMetrics(clock)

    def restart() -> None:
        metrics.reset()
        if options.zero_init:
            metrics.initialise(catalogue)

    faults = Faults(clock, restart)
    availability = Availability()
    path = monitoring.path if monitoring.enabled else None
    with ExitStack() as stack:
        _listen(
            stack,
            "--host and --port",
            (options.host, options.port),
            lambda address: MetricsServer(address, metrics, path, lambda: availability.ready),
        )
        if options.control_port:
            token = os.environ.get(control.TOKEN_VARIABLE) or secrets.token_urlsafe(32)
            _listen(
                stack,
                "--control-port",
                (control.HOST, options.control_port),
                lambda address: control.ControlServer(address, faults, clock, token),
            )
        stack.callback(LOG.info, "Stopped")
        dsn = dsn or with_time_outs(_embedded(stack, options.data_dir))
        for version in migrate(dsn):
            LOG.info("Applied migration %s", version)
        restart()
        if options.control_port and not os.environ.get(control.TOKEN_VARIABLE):
            control.leave_token(control.token_file(options.data_dir, options.control_port), token)
        for fault in SCENARIOS[options.scenario].always:
            faults.begin(fault)
        persistence = stack.enter_context(Persistence(dsn, metrics, faults, availability))
        _say_where(options, path)
        stop_on_signals(stop)
        traffic = Traffic(catalogue, options.rate, clock.now(), options.seed)
        emit(traffic, clock, lambda one: persistence.submit(faults.on_run(one)))
    return int(crashed.is_set())


def _config_file(named: Path | None) -> Path | None:
    return named or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)


def _listen(
    stack: ExitStack,
    option: str,
    address: tuple[str, int],
    server: Callable[[tuple[str, int]], HTTPServer],
) -> None:
    """Start a server on `address`, which ends with `stack`."""
    try:
        listening = stack.enter_context(server(address))
    except OSError as error:
        raise ServeError(
            f"cannot listen on {address[0]}:{address[1]} ({error.strerror}): choose another "
            f"address with {option}"
        ) from None
    threading.Thread(target=listening.serve_forever, args=(POLL,), daemon=True).start()
    stack.callback(listening.shutdown)


def _embedded(stack: ExitStack, folder: Path) -> str:
    server = stack.enter_context(EmbeddedPostgres(folder))
    LOG.info("Embedded PostgreSQL in %s", folder)
    return server.dsn


def _say_where(options: argparse.Namespace, path: str | None) -> None:
    if path is None:
        LOG.warning("Monitoring is off, nothing is served: set MONITORING_ENABLED=true")
    else:
        LOG.info("Serving http://%s:%s%s", options.host, options.port, path)
    if options.control_port:
        LOG.info("Taking faults on http://%s:%s", control.HOST, options.control_port)
