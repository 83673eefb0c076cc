"""Real servers to compare with, and a way to run the command."""

import copy
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.targets import ALERTS, DASHBOARDS
from stack import alertmanager, prometheus
from stack.supervisor import Supervisor
from sync.__main__ import main
from sync.checkout import ALERTMANAGER, GRAFANA_ALERTS
from tests.sync.grafana_example import DASHBOARD, GROUP, UID
from tests.sync.grafana_standin import Grafana
from tests.sync.standin import StandIn, serving
from tools import ROOT
from tools.http import ask
from tools.locate import find

DEADLINE = 120  # seconds for a start, or for a rule to be evaluated

Json = dict[str, Any]
FreePort = Callable[[], int]


@dataclass(frozen=True)
class Ran:
    """What the command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command with arguments, and with an environment by keyword."""
    for server in ("PROMETHEUS", "ALERTMANAGER", "GRAFANA"):
        for what in ("URL", "TOKEN", "USER", "PASSWORD"):
            monkeypatch.delenv(f"{server}_{what}", raising=False)
    for name in ("GRAFANA_ALERTS", "SYNC_PLAIN_HTTP", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, **environment: str) -> Ran:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            capsys.readouterr()
            code = main(list(arguments))
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return call


@dataclass(frozen=True)
class Live:
    """A real server that reads files of `folder`."""

    url: str
    folder: Path

    def write(self, **files: Any) -> None:
        """Have these files in the folder (stem to YAML value or text), and no others."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for stem, value in files.items():
            text = value if isinstance(value, str) else yaml.safe_dump(value, sort_keys=False)
            (self.folder / f"{stem}.yaml").write_text(text)

    def load(self, **files: Any) -> None:
        """Write these files, and have them read."""
        self.write(**files)
        answer = ask("POST", f"{self.url}/-/reload", timeout=DEADLINE)
        assert answer.ok, answer.text


def wait(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds; fail where it does not within the deadline."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"not within {DEADLINE} s"
        time.sleep(0.05)


def started_prometheus(supervisor: Supervisor, folder: Path, port: int, *options: str) -> Live:
    """A Prometheus that reads the rule files of a folder, with the built one in it."""
    live = Live(f"http://127.0.0.1:{port}", folder / "rules")
    live.folder.mkdir()
    live.write(ours=built_rules())
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump({"rule_files": [f"{live.folder}/*.yaml"]}))
    started = prometheus.arguments(config, folder / "data", f"127.0.0.1:{port}", *options)
    supervisor.start("prometheus", [*find("prometheus").command, *started], {})
    wait(prometheus.PrometheusApi(live.url).ready)
    return live


@pytest.fixture(scope="module")
def prometheus_server(
    tmp_path_factory: pytest.TempPathFactory, free_port: FreePort
) -> Iterator[Live]:
    """A Prometheus that may be reloaded; each test loads the rules that it wants."""
    folder = tmp_path_factory.mktemp("prometheus")
    with Supervisor(folder / "run") as supervisor:
        yield started_prometheus(supervisor, folder, free_port(), "--web.enable-lifecycle")


@pytest.fixture(scope="module")
def alertmanager_server(
    tmp_path_factory: pytest.TempPathFactory, free_port: FreePort
) -> Iterator[Live]:
    """An Alertmanager with `config.yaml` of its folder."""
    folder = tmp_path_factory.mktemp("alertmanager")
    port = free_port()
    live = Live(f"http://127.0.0.1:{port}", folder / "config")
    live.folder.mkdir()
    live.write(config=built_routes())
    started = alertmanager.arguments(
        live.folder / "config.yaml", folder / "data", f"127.0.0.1:{port}"
    )
    with Supervisor(folder / "run") as supervisor:
        supervisor.start("alertmanager", [*find("alertmanager").command, *started], {})
        wait(alertmanager.AlertmanagerApi(live.url).ready)
        yield live


def built_rules() -> Json:
    """The rule file, parsed: a copy to change."""
    document: Json = yaml.safe_load((ROOT / ALERTS).read_text())
    return copy.deepcopy(document)


def built_routes() -> Json:
    """Alertmanager's configuration, parsed: a copy to change."""
    document: Json = yaml.safe_load((ROOT / ALERTMANAGER).read_text())
    return document


def rules_of(url: str) -> list[Json]:
    """All rules that the Prometheus at `url` has."""
    groups = ask("GET", f"{url}/api/v1/rules", timeout=DEADLINE).json()["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder like the checkout, with one dashboard and one group of Grafana's own rules."""
    dashboard = tmp_path / DASHBOARDS / f"{UID}.json"
    dashboard.parent.mkdir(parents=True)
    dashboard.write_text(json.dumps(DASHBOARD))
    rules = tmp_path / GRAFANA_ALERTS
    rules.parent.mkdir(parents=True)
    rules.write_text(yaml.safe_dump({"apiVersion": 1, "groups": [GROUP]}))
    return tmp_path


@pytest.fixture
def grafana() -> Grafana:
    """A stand-in that has the dashboard, and no rule."""
    return Grafana(dashboards={UID: {**copy.deepcopy(DASHBOARD), "id": 1, "version": 4}})


@pytest.fixture
def server(grafana: Grafana) -> Iterator[StandIn]:
    """The stand-in, serving."""
    with serving(grafana) as running:
        yield running


def on(
    run: Run, command: str, checkout: Path, server: StandIn, **environment: str
) -> tuple[int, str, str]:
    """Exit code and output of a command on that checkout and Grafana."""
    done = run(command, "--root", str(checkout), GRAFANA_URL=server.url, **environment)
    return done.code, done.out, done.err


def with_alerts(run: Run, checkout: Path, server: StandIn) -> None:
    """Have the rules put, as a first sync does."""
    done = on(run, "sync", checkout, server, GRAFANA_ALERTS="yes")
    assert (done[0], done[2]) == (0, ""), done
    server.asked.clear()
