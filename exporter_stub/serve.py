"""The command `serve`: traffic, real persistence and `/metrics`, as `compozy.yaml` has it."""

import argparse
import logging
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import BaseModel, ConfigDict

from contract.fields import like
from contract.file import parsed
from contract.validation import validated
from exporter_stub import control
from exporter_stub.catalogue import DEFAULT, load_catalogue
from exporter_stub.database import create_schema, with_time_outs
from exporter_stub.faults import Faults
from exporter_stub.metrics import UsageMetrics
from exporter_stub.persistence import Persistence
from exporter_stub.postgres import embedded_postgres
from exporter_stub.process import port, rate, write_private
from exporter_stub.scenarios import LIVE, SCENARIOS
from exporter_stub.traffic import MAX_LAG, Traffic
from exporter_stub.web import HEALTH, READINESS, metrics_app, serve_http

LOG = logging.getLogger(__name__)
DEFAULT_CONFIG = Path("compozy.yaml")
_OFFSET = time.time() - time.monotonic()
# Compozy's own rules, and our own paths.
_PATH = like(
    rf"(?!/api(/|$)|({HEALTH}|{READINESS})$)(/|(/(?!\.{{1,2}}(/|$))[\w.~-]+)+/?)",
    "a path such as /metrics of letters, digits and ._~-, and none of Compozy's API below /api/, "
    f"{HEALTH} and {READINESS}",
)


class Monitoring(BaseModel):
    """Whether metrics are served, and under which path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A YAML boolean or one of the words that pydantic takes for one: true, on, yes, 1 and so on.
    enabled: bool = False
    path: Annotated[str, _PATH] = "/metrics"


class _File(BaseModel):
    """The part of a compozy.yaml that the exporter reads."""

    monitoring: Monitoring | None = None  # an empty section is none


def load(file: Path | None, environment: Mapping[str, str]) -> Monitoring:
    """The configuration of `file` (none: defaults) under `environment`.

    Raises ConfigError for a file that cannot be read or is no YAML, an unknown key, a bad value.
    """
    content = parsed(file) if file else {}
    monitoring = validated(_File.model_validate, content, str(file)).monitoring or Monitoring()
    for key, variable in (("enabled", "MONITORING_ENABLED"), ("path", "MONITORING_PATH")):
        if text := environment.get(variable, "").strip():
            changed = {**monitoring.model_dump(), key: text}
            monitoring = validated(Monitoring.model_validate, changed, variable)
    return monitoring


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the arguments of the command."""
    add = parser.add_argument
    add("--config", type=Path, metavar="FILE", help=f"default: {DEFAULT_CONFIG}, where it exists")
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=port, default=5001, help="port to listen on (%(default)s)")  # as Compozy
    add("--rate", type=rate, default=2.0, help="workflow runs a second (%(default)s)")
    add("--seed", type=int, help="the same traffic every time")
    told = "; ".join(f"{name}: {SCENARIOS[name].description}" for name in LIVE)
    add("--scenario", choices=sorted(LIVE), default="steady", help=told)
    add("--catalogue", type=Path, default=DEFAULT, help="a YAML file of models")
    add("--zero-init", action="store_true", help="series begin at zero, not at their first event")
    told = "folder of the embedded PostgreSQL and of the control token (%(default)s)"
    add("--data-dir", type=Path, default=Path(".data/exporter"), help=told)
    told = f"take `fault` commands on this port of {control.HOST}, {control.PORT} say (off)"
    add("--control-port", type=port, help=told)
    add("--log-format", choices=("plain", "json"), default="plain")


def now() -> float:
    """Unix seconds by a clock that does not jump when the system clock is set (NTP)."""
    return time.monotonic() + _OFFSET


def run(options: argparse.Namespace) -> None:
    """Emit Compozy's LLM usage series, and persist the usage (the default command).

    It ends by SIGTERM or Ctrl-C. Raises ConfigError for bad input; OSError where it cannot run.
    """
    config = options.config or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)
    monitoring = load(config, os.environ)
    path = monitoring.path if monitoring.enabled else None
    catalogue = load_catalogue(options.catalogue)
    url = os.environ.get("DATABASE_URL")
    dsn = with_time_outs(url) if url else ""
    metrics = UsageMetrics(catalogue if options.zero_init else None)
    faults = Faults(now, [metrics], catalogue)
    persistence = Persistence(metrics, faults)
    application = metrics_app(metrics, path, lambda: persistence.connected > 0)
    serve_http(options.host, options.port, application)
    if options.control_port:
        if not (token := os.environ.get(control.TOKEN_VARIABLE)):
            token = secrets.token_urlsafe(32)
            file = options.data_dir / control.TOKEN_FILE.format(options.control_port)
            write_private(file, token)
        serve_http(control.HOST, options.control_port, control.control_app(faults, token))
        LOG.info("Taking faults on http://%s:%s", control.HOST, options.control_port)
    with ExitStack() as stack:
        stack.callback(LOG.info, "Stopped")
        if not dsn:
            dsn = with_time_outs(stack.enter_context(embedded_postgres(options.data_dir)))
            LOG.info("Embedded PostgreSQL in %s", options.data_dir)
        create_schema(dsn)
        for fault in SCENARIOS[options.scenario].always:
            faults.begin(fault)
        if path is None:
            LOG.warning("Monitoring is off, nothing is served: set MONITORING_ENABLED=true")
        else:
            LOG.info("Serving http://%s:%s%s", options.host, options.port, path)
        stack.enter_context(persistence.on(dsn))
        _emit(Traffic(catalogue, options.rate, now(), options.seed), faults, persistence)


def _emit(traffic: Traffic, faults: Faults, persistence: Persistence) -> NoReturn:
    """Submit each run when it arrives."""
    while True:
        time.sleep(max(0.0, traffic.next_arrival(now() - MAX_LAG) - now()))
        persistence.submit(faults.on_run(traffic.next_run()))
