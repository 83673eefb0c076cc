"""Start the parts one after another, and wait for each before the next needs it."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from config import Config
from delivery.targets import ALERTS, rule_file
from exporter_stub import control
from exporter_stub.postgres import ADDRESS
from stack import alertmanager, prometheus
from stack.journal import Journal
from stack.pager import Pager, hook
from stack.ports import Ports, address
from stack.replay import JOB
from stack.supervisor import StackError, Supervisor
from tools import ROOT
from tools.arguments import Parser
from tools.files import replace
from tools.http import PrometheusApi, answers
from tools.locate import find
from tools.promtool import Promtool

GRACE = 60
"""Seconds of `--rules.alert.for-grace-period`: after a restart, Prometheus does not restore alerts
whose `for` is shorter. Its default of ten minutes is longer than the `for` of any of our alerts."""

LOOKBACK = 300
"""Prometheus' default lookback delta in seconds: how old a sample may be that a query returns."""

DEPLOYED_ALERTMANAGER = ROOT / "cluster/alertmanager/alertmanager.yml"


@dataclass(frozen=True)
class Settings:
    """The settings of a stack. `rate` is workflow runs per second, of all replicas together.

    Data and logs are kept in `folder`. `config` is the rules' configuration, already `speed` times
    as fast as in production; `rules` is a file of other rules to load instead. `scrape` is in
    seconds.
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

    @property
    def instances(self) -> tuple[str, ...]:
        """host:port of each replica, which is its label `instance` as well."""
        return tuple(address(port) for port, _ in self.ports.exporters.values())

    @property
    def job(self) -> str:
        """The label `job` of the replicas, which the rules select."""
        return self.config.jobs[0] if self.config.jobs else JOB


class Stack:
    """The running parts: start, end, ask and disturb them."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        """Nothing is started yet; `supervisor` will own the processes."""
        self.settings = settings
        self.supervisor = supervisor
        self.prometheus = PrometheusApi(f"http://{address(settings.ports.prometheus_port)}")
        self.pager = Pager()
        self.journal = Journal(settings.folder)

    def prepare(self) -> None:
        """Write the configurations and find the programs.

        Raises StackError for taken ports, ToolError for missing tools and broken rules.
        """
        settings = self.settings
        settings.ports.refuse_taken()
        settings.ports.write(settings.folder)
        rules = settings.rules or settings.folder / ALERTS.name
        if settings.rules is None:
            rules.write_text(rule_file(settings.config), encoding="utf-8")
        self.write_targets()
        self._config("prometheus").write_text(
            prometheus.configuration(
                rules.resolve(),
                self._targets,
                address(settings.ports.alertmanager_port),
                scrape=settings.scrape,
                job=settings.job,
            )
        )
        pager = hook(settings.ports.page_port)
        self._config("alertmanager").write_text(
            alertmanager.configuration(DEPLOYED_ALERTMANAGER.read_text(), pager, settings.speed)
        )
        Promtool.found().check_rules(rules)
        Promtool.found().check_config(self._config("prometheus"))
        for name in ("prometheus", "alertmanager"):
            find(name)  # so that one that is missing is told before anything starts

    def start_all(self) -> None:
        """Start every part and return when all answer. Raises StackError if one does not."""
        self.start_sources()
        self.journal.step(f"starting Prometheus on {address(self.settings.ports.prometheus_port)}")
        self.start_prometheus()

    def start_sources(self) -> None:
        """Start PostgreSQL, the exporters and Alertmanager: all that Prometheus needs."""
        say = self.journal.step
        say("starting PostgreSQL")
        self.start_database()
        say(f"starting two exporters on {' and '.join(self.settings.instances)}")
        for name in self.settings.ports.exporters:
            self.start_exporter(name)
        for name in self.settings.ports.exporters:
            ready = f"http://{address(self.settings.ports.exporters[name][0])}/readyz"
            self.supervisor.wait(partial(answers, ready), f"the start of the {name}")
        say(f"starting Alertmanager on {address(self.settings.ports.alertmanager_port)}")
        self.start_alertmanager()

    def start_database(self) -> None:
        """Start PostgreSQL with its earlier data."""
        folder = self._folder("postgres")
        (folder / ADDRESS).unlink(missing_ok=True)
        command = [sys.executable, "-m", "exporter_stub", "postgres", "--data-dir", str(folder)]
        ready = (folder / ADDRESS).exists
        self.supervisor.start("postgres", command, ready, {"PYTHONPATH": str(ROOT)})

    def start_exporter(self, name: str) -> None:
        """Start the replica `name`; it may not answer yet."""
        settings = self.settings
        port, control_port = settings.ports.exporters[name]
        settings.ports.refuse_taken(port, control_port)
        command = [
            *(sys.executable, "-m", "exporter_stub", "--port", str(port)),
            *("--control-port", str(control_port), "--scenario", settings.scenario),
            *("--rate", str(settings.rate / len(settings.ports.exporters))),
            *("--data-dir", str(self._folder(name))),
            *(("--catalogue", str(settings.catalogue)) if settings.catalogue else ()),
        ]
        # Set everything that compozy.yaml or the caller's environment could otherwise change.
        environment = {
            "MONITORING_ENABLED": "true",
            "MONITORING_PATH": "/metrics",
            "DATABASE_URL": (self._folder("postgres") / ADDRESS).read_text(),
            "PYTHONPATH": str(ROOT),
            control.TOKEN_VARIABLE: "",  # so that it writes a token into its folder
        }
        self.supervisor.start(name, command, environment=environment)

    def start_alertmanager(self) -> None:
        """Start Alertmanager with its earlier state."""
        port = self.settings.ports.alertmanager_port
        self.settings.ports.refuse_taken(port)
        alertmanager.started(self.supervisor, self._config("alertmanager"), address(port))

    def start_prometheus(self) -> None:
        """Start Prometheus with its earlier samples."""
        speed, port = self.settings.speed, self.settings.ports.prometheus_port
        self.settings.ports.refuse_taken(port)
        prometheus.started(
            self.supervisor,
            self._config("prometheus"),
            address(port),
            f"--rules.alert.for-grace-period={GRACE // speed}s",
            f"--rules.alert.resend-delay={max(1, 60 // speed)}s",
            f"--query.lookback-delta={LOOKBACK // speed}s",
        )

    def write_targets(self) -> None:
        """Tell Prometheus, which rereads the file now and then, to scrape the replicas."""
        replace(self._targets, prometheus.target_list(self.settings.instances))

    def fault(self, *arguments: str) -> None:
        """Run `exporter_stub fault` with `arguments` for every replica. Raises StackError."""
        self.supervisor.check()  # gives a better error if a replica has ended
        tell_exporters(self.settings.folder, self.settings.ports, *arguments)

    @property
    def _targets(self) -> Path:
        return self.settings.folder / "targets.json"

    def _config(self, name: str) -> Path:
        return self.settings.folder / f"{name}.yml"

    def _folder(self, name: str) -> Path:
        return self.settings.folder / name


def tell_exporters(folder: Path, ports: Ports, *arguments: str) -> list[str]:
    """Run `exporter_stub fault` with `arguments` for every exporter of `folder`'s stack.

    Returns their answers. Exits with 2 for arguments that the command does not know; raises
    ConfigError for a meaningless fault, and StackError if an exporter refuses it.
    """
    parser = Parser(prog="fault")
    control.add_arguments(parser)
    options = parser.parse_args(arguments)
    told = []
    for name, (_, options.control_port) in ports.exporters.items():
        options.data_dir = folder / name
        try:
            # Each exporter's token is in its folder, so our environment is not used.
            told += [f"{name}: {line}" for line in control.tell(options, {})]
        except control.ControlError as error:
            raise StackError(str(error)) from None
    return told
