"""Start the parts one after another, each checked before the next needs it."""

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from exporter_stub import control, fault_command
from exporter_stub.faults import Fault
from exporter_stub.postgres_command import ADDRESS
from stack import alertmanager, prometheus
from stack.alertmanager import AlertmanagerApi
from stack.http import answers
from stack.ports import Ports, address
from stack.prometheus import PrometheusApi
from stack.supervisor import StackError, Supervisor
from tools import ROOT
from tools.files import replace
from tools.locate import ToolError, find
from tools.promtool import Promtool, PromtoolError

START_TIMEOUT = 60
"""Seconds for one part to answer; the first start of the database is in it."""

GRACE = 60
"""Seconds of `--rules.alert.for-grace-period`: an alert whose `for` is shorter begins anew when
Prometheus restarts. Prometheus' default of ten minutes is longer than any of ours."""

DEPLOYED_ALERTMANAGER = ROOT / "cluster/alertmanager/alertmanager.yml"


@dataclass(frozen=True)
class Settings:
    """What runs where. `rate` is workflow runs a second of all replicas together.

    Data and logs are kept in `folder`. `speed` is that of the rules, `scrape` is seconds. Where
    there is `built`, it is the text that `rules` gets.
    """

    folder: Path
    rules: Path
    ports: Ports
    scenario: str
    rate: float
    speed: int = 1
    scrape: int = 5
    built: str = ""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def exporters(self) -> dict[str, tuple[int, int]]:
        """The replicas: names, and on which port each serves and takes faults."""
        ports = self.ports
        return {
            "exporter": (ports.exporter_port, ports.control_port),
            "replica": (ports.replica_port, ports.replica_control_port),
        }

    @property
    def instances(self) -> tuple[str, ...]:
        """host:port of each replica, which is its label `instance` as well."""
        return tuple(address(port) for port, _ in self.exporters.values())

    def addresses(self) -> dict[str, str]:
        """What a person may want to open or look into."""
        return {
            "exporter": f"http://{address(self.ports.exporter_port)}/metrics",
            "replica": f"http://{address(self.ports.replica_port)}/metrics",
            "Prometheus": f"http://{address(self.ports.prometheus_port)}",
            "alerts": f"http://{address(self.ports.prometheus_port)}/alerts",
            "Alertmanager": f"http://{address(self.ports.alertmanager_port)}",
            "logs and data": str(self.folder),
        }


class Stack:
    """The running parts: start, end, ask and disturb them."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        """Nothing runs yet; `supervisor` will own what does."""
        self.settings = settings
        self.supervisor = supervisor
        self.prometheus = PrometheusApi(f"http://{address(settings.ports.prometheus_port)}")
        self.alertmanager = AlertmanagerApi(f"http://{address(settings.ports.alertmanager_port)}")
        self._programs: dict[str, tuple[str, ...]] = {}

    def prepare(self) -> None:
        """Write the configurations and find the programs.

        Raises StackError for a port that is taken, a missing tool, broken rules.
        """
        settings = self.settings
        settings.ports.refuse_taken()
        settings.ports.write(settings.folder)
        if settings.built:
            settings.rules.write_text(settings.built, encoding="utf-8")
        self._targets.write_text(prometheus.target_list(settings.instances))
        self._config("prometheus").write_text(
            prometheus.configuration(
                settings.rules.resolve(),
                self._targets,
                address(settings.ports.alertmanager_port),
                scrape=settings.scrape,
            )
        )
        pager = f"http://{address(settings.ports.pager_port)}/"
        self._config("alertmanager").write_text(
            alertmanager.configuration(DEPLOYED_ALERTMANAGER.read_text(), pager, settings.speed)
        )
        try:
            Promtool.found().check_rules(settings.rules)
            Promtool.found().check_config(self._config("prometheus"))
            self._programs = {name: find(name).command for name in ("prometheus", "alertmanager")}
        except (PromtoolError, ToolError) as error:
            raise StackError(str(error)) from None

    def start_all(self, say: Callable[[str], None]) -> None:
        """Start every part and return when all answer. Raises StackError where one does not."""
        say("starting PostgreSQL")
        self.start_database()
        say(f"starting two exporters on {' and '.join(self.settings.instances)}")
        for name in self.settings.exporters:
            self.start_exporter(name)
        say(f"starting Alertmanager on {address(self.settings.ports.alertmanager_port)}")
        self.start_alertmanager()
        say(f"starting Prometheus on {address(self.settings.ports.prometheus_port)}")
        self.start_prometheus()

    def start_database(self) -> None:
        """Start PostgreSQL, with the data that it had."""
        folder = self._folder("postgres")
        (folder / ADDRESS).unlink(missing_ok=True)
        command = [sys.executable, "-m", "exporter_stub", "postgres", "--data-dir", str(folder)]
        self.supervisor.start("postgres", command, {"PYTHONPATH": str(ROOT)})
        self.wait((folder / ADDRESS).exists, "PostgreSQL")

    def start_exporter(self, name: str, ports: tuple[int, int] | None = None) -> None:
        """Start the replica `name`, on ports of its own where they are given."""
        port, control_port = ports or self.settings.exporters[name]
        command = [
            *(sys.executable, "-m", "exporter_stub", "--port", str(port)),
            *("--control-port", str(control_port), "--scenario", self.settings.scenario),
            *("--rate", str(self.settings.rate / len(self.settings.exporters))),
            *("--data-dir", str(self._folder(name))),
        ]
        # All is set that compozy.yaml or the caller's environment could otherwise change.
        environment = {
            "MONITORING_ENABLED": "true",
            "MONITORING_PATH": "/metrics",
            "DATABASE_URL": (self._folder("postgres") / ADDRESS).read_text(),
            "PYTHONPATH": str(ROOT),
            control.TOKEN_VARIABLE: self.settings.token,
        }
        self.supervisor.start(name, command, environment)
        self.wait(lambda: answers(f"http://{address(port)}/readyz"), f"the {name}")

    def start_alertmanager(self) -> None:
        """Start Alertmanager, with what it knew."""
        arguments = alertmanager.arguments(
            self._config("alertmanager"),
            self._folder("alertmanager"),
            address(self.settings.ports.alertmanager_port),
        )
        self._start("alertmanager", arguments)
        self.wait(self.alertmanager.ready, "Alertmanager")

    def start_prometheus(self) -> None:
        """Start Prometheus, on the samples that it had."""
        speed = self.settings.speed
        arguments = prometheus.arguments(
            self._config("prometheus"),
            self._folder("prometheus"),
            address(self.settings.ports.prometheus_port),
            f"--rules.alert.for-grace-period={GRACE // speed}s",
            f"--rules.alert.resend-delay={max(1, 60 // speed)}s",
        )
        self._start("prometheus", arguments)
        self.wait(self.prometheus.ready, "Prometheus")

    def scrape_only(self, *exporters: str) -> None:
        """Have Prometheus scrape these (host:port) and no others, from its next look on."""
        replace(self._targets, prometheus.target_list(exporters))

    def fault(self, fault: Fault) -> None:
        """Begin `fault` on every replica."""
        self._tell_replicas("POST", fault.model_dump_json(exclude_unset=True).encode())

    def clear_faults(self) -> None:
        """End every fault on every replica."""
        self._tell_replicas("DELETE")

    def wait(self, done: Callable[[], bool], what: str, seconds: float = START_TIMEOUT) -> None:
        """Return when `done`. Raises StackError where a part ends meanwhile, or time is up."""
        deadline = time.monotonic() + seconds
        while not done():
            self.supervisor.check()
            if time.monotonic() > deadline:
                raise StackError(f"{what} did not answer within {seconds:g} s: see its log")
            time.sleep(0.2)

    def _tell_replicas(self, method: str, body: bytes | None = None) -> None:
        """Raises StackError where a replica does not do it."""
        for _, port in self.settings.exporters.values():
            try:
                fault_command.ask(port, self.settings.token, method, body)
            except fault_command.ControlError as error:
                self.supervisor.check()  # says more, where it has ended
                raise StackError(str(error)) from None

    @property
    def _targets(self) -> Path:
        return self.settings.folder / "targets.json"

    def _config(self, name: str) -> Path:
        return self.settings.folder / f"{name}.yml"

    def _folder(self, name: str) -> Path:
        return self.settings.folder / name

    def _start(self, name: str, arguments: list[str]) -> None:
        self.supervisor.start(name, [*self._programs[name], *arguments], {})
