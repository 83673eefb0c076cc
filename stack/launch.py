"""Start the parts one after another, and wait for each before the next needs it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config import Config
from delivery.targets import ALERTS, rule_file
from exporter_stub import control
from exporter_stub.postgres import ADDRESS
from stack import alertmanager, prometheus
from stack.faults import tell_exporters
from stack.ports import Ports, address
from stack.prometheus import PrometheusApi
from stack.replay import JOB
from stack.site import hook
from stack.supervisor import StackError, Supervisor
from tools import ROOT, ToolError
from tools.files import replace
from tools.http import Api, answers
from tools.locate import find
from tools.promtool import Promtool, PromtoolError

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
        self.alertmanager = Api(f"http://{address(settings.ports.alertmanager_port)}")
        self._programs: dict[str, tuple[str, ...]] = {}

    def prepare(self) -> None:
        """Write the configurations and find the programs.

        Raises StackError for taken ports, missing tools and broken rules.
        """
        settings = self.settings
        settings.ports.refuse_taken()
        settings.ports.write(settings.folder)
        rules = settings.rules or settings.folder / ALERTS.name
        if settings.rules is None:
            rules.write_text(rule_file(settings.config), encoding="utf-8")
        self._targets.write_text(prometheus.target_list(settings.instances))
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
        try:
            Promtool.found().check_rules(rules)
            Promtool.found().check_config(self._config("prometheus"))
            self._programs = {name: find(name).command for name in ("prometheus", "alertmanager")}
        except (PromtoolError, ToolError) as error:
            raise StackError(str(error)) from None

    def start_all(self, say: Callable[[str], None]) -> None:
        """Start every part and return when all answer. Raises StackError if one does not."""
        self.start_sources(say)
        say(f"starting Prometheus on {address(self.settings.ports.prometheus_port)}")
        self.start_prometheus()

    def start_sources(self, say: Callable[[str], None]) -> None:
        """Start PostgreSQL, the exporters and Alertmanager: all that Prometheus needs."""
        say("starting PostgreSQL")
        self.start_database()
        say(f"starting two exporters on {' and '.join(self.settings.instances)}")
        for name in self.settings.ports.exporters:
            self.start_exporter(name)
        for name in self.settings.ports.exporters:
            self.await_exporter(name)
        say(f"starting Alertmanager on {address(self.settings.ports.alertmanager_port)}")
        self.start_alertmanager()

    def start_database(self) -> None:
        """Start PostgreSQL with its earlier data."""
        folder = self._folder("postgres")
        (folder / ADDRESS).unlink(missing_ok=True)
        command = [sys.executable, "-m", "exporter_stub", "postgres", "--data-dir", str(folder)]
        self.supervisor.start("postgres", command, {"PYTHONPATH": str(ROOT)})
        self.supervisor.wait((folder / ADDRESS).exists, "the start of PostgreSQL")

    def start_exporter(self, name: str, ports: tuple[int, int] | None = None) -> None:
        """Start the replica `name`, on other `ports` if they are given."""
        settings = self.settings
        if ports is None:
            settings.ports.refuse_taken(*settings.ports.exporters[name])
        port, control_port = ports or settings.ports.exporters[name]
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
        self.supervisor.start(name, command, environment)

    def await_exporter(self, name: str, port: int | None = None) -> None:
        """Return when the replica `name` answers."""
        where = address(port or self.settings.ports.exporters[name][0])
        self.supervisor.wait(lambda: answers(f"http://{where}/readyz"), f"the start of the {name}")

    def start_alertmanager(self) -> None:
        """Start Alertmanager with its earlier state."""
        arguments = alertmanager.arguments(
            self._config("alertmanager"),
            self._folder("alertmanager"),
            address(self.settings.ports.alertmanager_port),
        )
        self._start("alertmanager", arguments)
        self.supervisor.wait(self.alertmanager.ready, "the start of Alertmanager")

    def start_prometheus(self) -> None:
        """Start Prometheus with its earlier samples."""
        speed = self.settings.speed
        arguments = prometheus.arguments(
            self._config("prometheus"),
            self._folder("prometheus"),
            address(self.settings.ports.prometheus_port),
            f"--rules.alert.for-grace-period={GRACE // speed}s",
            f"--rules.alert.resend-delay={max(1, 60 // speed)}s",
            f"--query.lookback-delta={LOOKBACK // speed}s",
            *prometheus.own_page(self._programs["prometheus"]),
        )
        self._start("prometheus", arguments)
        self.supervisor.wait(self.prometheus.ready, "the start of Prometheus")

    def scrape_only(self, *exporters: str) -> None:
        """Make Prometheus scrape only these (host:port), once it has reread its targets."""
        replace(self._targets, prometheus.target_list(exporters))

    def fault(self, *arguments: str) -> None:
        """Run `exporter_stub fault` with `arguments` for every replica. Raises StackError."""
        try:
            tell_exporters(self.settings.folder, self.settings.ports, *arguments)
        except StackError:
            self.supervisor.check()  # gives a better error if a replica has ended
            raise

    @property
    def _targets(self) -> Path:
        return self.settings.folder / "targets.json"

    def _config(self, name: str) -> Path:
        return self.settings.folder / f"{name}.yml"

    def _folder(self, name: str) -> Path:
        return self.settings.folder / name

    def _start(self, name: str, arguments: list[str]) -> None:
        self.settings.ports.refuse_taken(getattr(self.settings.ports, f"{name}_port"))
        self.supervisor.start(name, [*self._programs[name], *arguments], {})
