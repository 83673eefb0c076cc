"""Start the parts one after another, and wait for each before the next needs it."""

import re
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from config import Config
from delivery.targets import ALERTS, rule_file
from exporter_stub import control
from exporter_stub.faults import Fault
from exporter_stub.postgres import ADDRESS
from exporter_stub.replay import JOB
from stack.journal import Journal
from stack.pager import Pager, hook
from stack.ports import Ports, address
from stack.servers import paging, started
from stack.supervisor import Supervisor
from tools import ROOT
from tools.http import PrometheusApi, answers
from tools.locate import find
from tools.promtool import Promtool

GRACE = 60
"""Seconds of `--rules.alert.for-grace-period`: after a restart, Prometheus does not restore alerts
whose `for` is shorter. Its default of ten minutes is longer than the `for` of any of our alerts."""

LOOKBACK = 300
"""Prometheus' default lookback delta in seconds: how old a sample may be that a query returns."""

DEPLOYED_ALERTMANAGER = ROOT / "cluster/alertmanager/alertmanager.yml"


@dataclass
class Stack:
    """The settings and the parts of a stack: start, end, ask and disturb them.

    Data and logs are kept in `folder`. `config` is the rules' configuration, already `speed` times
    as fast as in production; `rules` is a file of other rules to load instead. `rate` is workflow
    runs per second, of all replicas together; `scrape` is in seconds.
    """

    folder: Path
    ports: Ports
    config: Config
    scenario: str
    rate: float
    speed: int = 1
    scrape: int = 5
    rules: Path | None = None
    catalogue: Path | None = None

    def __post_init__(self) -> None:
        """Nothing is started yet; the supervisor will own the processes."""
        self.journal = Journal(self.folder)
        self.supervisor = Supervisor(self.folder, self.journal.step)
        self.prometheus = PrometheusApi(f"http://{address(self.ports.prometheus_port)}")
        self.pager = Pager()

    @property
    def instances(self) -> tuple[str, ...]:
        """host:port of each replica, which is its label `instance` as well."""
        return tuple(address(port) for port, _ in self.ports.exporters.values())

    @property
    def job(self) -> str:
        """The label `job` of the replicas, which the rules select."""
        return self.config.jobs[0] if self.config.jobs else JOB

    def prepare(self) -> None:
        """Write the configurations and find the programs.

        Raises ToolError for taken ports, missing tools and broken rules.
        """
        folder, ports = self.folder, self.ports
        ports.refuse_taken()
        ports.write(folder)
        if self.rules is None:
            (folder / ALERTS.name).write_text(rule_file(self.config), encoding="utf-8")
        self.configure_prometheus()
        deployed, pager = DEPLOYED_ALERTMANAGER.read_text(), hook(ports.page_port)
        (folder / "alertmanager.yml").write_text(paging(deployed, pager, self.speed))
        Promtool.found().check_config(folder / "prometheus.yml")
        for name in ("prometheus", "alertmanager"):
            find(name)  # so that one that is missing is told before anything starts

    def configure_prometheus(self) -> None:
        """Write its configuration, which it reads when it starts, and after a SIGHUP."""
        rules = (self.rules or self.folder / ALERTS.name).resolve()
        # Prometheus takes the name for a pattern: this one matches it alone.
        pattern = re.sub(r"([*?\[\\])", r"\\\1", str(rules))
        scrape, alertmanager = f"{self.scrape}s", address(self.ports.alertmanager_port)
        replicas = [{"targets": [*self.instances]}]
        configuration = {
            "global": {"scrape_interval": scrape, "scrape_timeout": scrape},
            "rule_files": [pattern],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
            "scrape_configs": [{"job_name": self.job, "static_configs": replicas}],
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))

    def start_all(self) -> None:
        """Start every part and return when all answer. Raises ToolError if one does not."""
        self.start_sources()
        self.start_prometheus()

    def start_sources(self) -> None:
        """Start PostgreSQL, the exporters and Alertmanager: all that Prometheus needs."""
        self.start_database()
        for name in self.ports.exporters:
            self.start_exporter(name)
        self.start_alertmanager()

    def start_database(self) -> None:
        """Start PostgreSQL with its earlier data."""
        self._database.unlink(missing_ok=True)
        command = [sys.executable, "-m", "exporter_stub", "postgres"]
        command += ["--data-dir", str(self._database.parent)]
        ready = self._database.exists
        self.supervisor.start("postgres", command, ready, {"PYTHONPATH": str(ROOT)})

    def start_exporter(self, name: str) -> None:
        """Start the replica `name`, and return when it has connected to the database."""
        port, control_port = self.ports.exporters[name]
        command = [
            *(sys.executable, "-m", "exporter_stub", "--port", str(port)),
            *("--control-port", str(control_port), "--scenario", self.scenario),
            *("--rate", str(self.rate / len(self.ports.exporters))),
            *("--data-dir", str(self.folder / name)),
            *(("--catalogue", str(self.catalogue)) if self.catalogue else ()),
        ]
        # Set everything that compozy.yaml or the caller's environment could otherwise change.
        environment = {
            "MONITORING_ENABLED": "true",
            "MONITORING_PATH": "/metrics",
            "DATABASE_URL": self._database.read_text(),
            "PYTHONPATH": str(ROOT),
            control.TOKEN_VARIABLE: "",  # so that it writes a token into its folder
        }
        ready = partial(answers, f"http://{address(port)}/readyz")
        self.supervisor.start(name, command, ready, environment)

    def start_alertmanager(self) -> None:
        """Start Alertmanager with its earlier state."""
        config, place = self.folder / "alertmanager.yml", address(self.ports.alertmanager_port)
        started(self.supervisor, "alertmanager", config, place)

    def start_prometheus(self) -> None:
        """Start Prometheus with its earlier samples."""
        speed = self.speed
        started(
            self.supervisor,
            "prometheus",
            self.folder / "prometheus.yml",
            address(self.ports.prometheus_port),
            f"--rules.alert.for-grace-period={GRACE // speed}s",
            f"--rules.alert.resend-delay={max(1, 60 // speed)}s",
            f"--query.lookback-delta={LOOKBACK // speed}s",
        )
        self.journal.links = self.ports.pages()

    def ask(self, method: str, fault: Fault | None = None) -> None:
        """Have every replica begin `fault` (POST), or end all (DELETE). Raises OSError."""
        self.supervisor.check()  # gives a better error if a replica has ended
        ask_exporters(self.folder, self.ports, method, fault)

    @property
    def _database(self) -> Path:
        """The file in which PostgreSQL's address is while it runs."""
        return self.folder / "postgres" / ADDRESS


def ask_exporters(folder: Path, ports: Ports, method: str, fault: Fault | None = None) -> list[str]:
    """Ask every exporter of `folder`'s stack, and return their answers.

    Raises ConfigError where one's token is missing, and OSError where it does not do it.
    """
    return [
        f"{name}: {line}"
        for name, (_, port) in ports.exporters.items()
        for line in control.ask(folder / name, port, method, fault)
    ]
