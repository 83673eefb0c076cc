"""Start the parts one after another, each checked before the next needs it."""

import errno
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import requests

from stack.prometheus import PrometheusApi, arguments, configuration
from stack.supervisor import StackError, Supervisor
from tools import ROOT
from tools.locate import ToolError, find
from tools.promtool import Promtool, PromtoolError

HOST = "127.0.0.1"
START_TIMEOUT = 60
"""Seconds for one part to answer; the first start of the database is in it."""


@dataclass(frozen=True)
class Settings:
    """What runs where. `rate` is workflow runs a second; data and logs are kept in `folder`."""

    folder: Path
    rules: Path
    exporter_port: int
    prometheus_port: int
    scenario: str
    rate: float

    @property
    def exporter(self) -> str:
        """The exporter's host:port."""
        return f"{HOST}:{self.exporter_port}"

    @property
    def prometheus(self) -> str:
        """Prometheus' host:port."""
        return f"{HOST}:{self.prometheus_port}"

    def addresses(self) -> dict[str, str]:
        """What a person may want to open or look into."""
        return {
            "exporter": f"http://{self.exporter}/metrics",
            "Prometheus": f"http://{self.prometheus}",
            "rules": f"http://{self.prometheus}/rules",
            "logs and data": str(self.folder),
        }


def launch(settings: Settings, supervisor: Supervisor, say: Callable[[str], None]) -> PrometheusApi:
    """Start exporter and Prometheus under `supervisor`, and return when both answer.

    Raises StackError for a busy port, a missing tool, broken rules, a part that does not start.
    """
    if settings.exporter_port == settings.prometheus_port:
        raise StackError(f"EXPORTER_PORT and PROMETHEUS_PORT are both {settings.exporter_port}")
    _refuse_busy_port("EXPORTER_PORT", settings.exporter_port)
    _refuse_busy_port("PROMETHEUS_PORT", settings.prometheus_port)
    config = settings.folder / "prometheus.yml"
    config.write_text(configuration(settings.rules.resolve(), settings.exporter))
    try:
        Promtool.found().check_rules(settings.rules)
        Promtool.found().check_config(config)
        prometheus = find("prometheus")
    except (PromtoolError, ToolError) as error:
        raise StackError(str(error)) from None

    say(f"starting the exporter and its PostgreSQL on {settings.exporter}")
    supervisor.start("exporter", _exporter_command(settings), _EXPORTER_ENVIRONMENT)
    _await(lambda: _answers(settings), supervisor, "the exporter")

    say(f"starting Prometheus {'.'.join(map(str, prometheus.version))} on {settings.prometheus}")
    storage = settings.folder / "prometheus"
    command = [*prometheus.command, *arguments(config, storage, settings.prometheus)]
    supervisor.start("prometheus", command, {})
    api = PrometheusApi(f"http://{settings.prometheus}")
    _await(api.ready, supervisor, "Prometheus")
    return api


# All is set that compozy.yaml or the caller's environment could otherwise change.
_EXPORTER_ENVIRONMENT = {
    "MONITORING_ENABLED": "true",
    "MONITORING_PATH": "/metrics",
    "DATABASE_URL": "",  # never the caller's database: ours is made to be written to
    "PYTHONPATH": str(ROOT),
}


def _exporter_command(settings: Settings) -> list[str]:
    return [
        *(sys.executable, "-m", "exporter_stub"),
        *("--host", HOST, "--port", str(settings.exporter_port)),
        *("--scenario", settings.scenario, "--rate", str(settings.rate)),
        *("--data-dir", str(settings.folder / "exporter")),
    ]


def _refuse_busy_port(variable: str, port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else f"({error.strerror})"
            raise StackError(
                f"port {port} {reason}: stop what listens there, or choose another port, for "
                f"example {variable}={port + 10000 if port < 50000 else port - 10000}"
            ) from None


def _answers(settings: Settings) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(settings.addresses()["exporter"], timeout=2).ok
    except requests.RequestException:
        return False


def _await(done: Callable[[], bool], supervisor: Supervisor, what: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not done():
        supervisor.check()
        if time.monotonic() > deadline:
            raise StackError(f"{what} did not answer within {START_TIMEOUT} s: see its log")
        time.sleep(0.2)
