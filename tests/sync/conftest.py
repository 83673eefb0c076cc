"""Real servers to compare with, and a way to run the command."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from contract.document import Json
from delivery.targets import DASHBOARDS
from delivery.targets.grafana_alerting import RULES as GRAFANA_ALERTS
from stack.servers import started
from stack.supervisor import Supervisor
from sync.__main__ import main
from sync.alertmanager import ALERTMANAGER
from tests.conftest import Called, Ran, free_port
from tests.standin import serving
from tests.sync.grafana_standin import DASHBOARD, GROUP, UID, Grafana
from tools import ROOT
from tools.http import ask

Run = Callable[..., Ran]


@pytest.fixture
def run(called: Called) -> Run:
    """Runs the command with arguments, and with an environment by keyword; it ends with `code`."""
    return partial(called, main, code=0)


@dataclass(frozen=True)
class Live:
    """A real server that reads files of `folder`."""

    url: str
    folder: Path

    def write(self, **files: Any) -> None:
        """Have these files in the folder (stem to YAML value or text), and no others."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for stem, value in files.items():
            put(self.folder, f"{stem}.yaml", value)

    def load(self, **files: Any) -> None:
        """Write these files, and have them read."""
        self.write(**files)
        answer = ask("POST", f"{self.url}/-/reload", timeout=120)
        assert answer.ok, answer.text


def put(root: Path, path: PurePosixPath | str, value: Any) -> Path:
    """Write the file `path` of `root`: a YAML value, or a text as it is."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(value if isinstance(value, str) else yaml.safe_dump(value, sort_keys=False))
    return root


def built(path: PurePosixPath) -> Json:
    """A YAML file of ours, parsed."""
    document: Json = yaml.safe_load((ROOT / path).read_text())
    return document


@pytest.fixture(scope="module")
def prometheus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A Prometheus that reads the rule files of a folder; each test loads those that it wants."""
    folder = tmp_path_factory.mktemp("prometheus")
    put(folder, "prometheus.yml", {"rule_files": [f"{folder}/files/*.yaml"]})
    yield from _running("prometheus", folder, "prometheus.yml", "--web.enable-lifecycle")


@pytest.fixture(scope="module")
def alertmanager_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """An Alertmanager with `config.yaml` of its folder."""
    folder = tmp_path_factory.mktemp("alertmanager")
    put(folder, "files/config.yaml", built(ALERTMANAGER))
    yield from _running("alertmanager", folder, "files/config.yaml")


def _running(name: str, folder: Path, config: str, *options: str) -> Iterator[Live]:
    with Supervisor(folder / "run") as supervisor:
        address = f"127.0.0.1:{free_port()}"
        url = started(supervisor, name, folder / config, address, *options)
        yield Live(url, folder / "files")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder like the checkout, with one dashboard and one group of Grafana's own rules."""
    put(tmp_path, DASHBOARDS / f"{UID}.json", json.dumps(DASHBOARD))
    return put(tmp_path, GRAFANA_ALERTS, {"apiVersion": 1, "groups": [GROUP]})


@pytest.fixture
def grafana() -> Iterator[Grafana]:
    """A stand-in that has the dashboard, and no rule; nothing that it is asked may delete."""
    made = Grafana(dashboards={UID: {**copy.deepcopy(DASHBOARD), "id": 1, "version": 4}})
    with serving(made):
        yield made
    assert made.of("DELETE") == []


@pytest.fixture
def on_grafana(run: Run, checkout: Path, grafana: Grafana) -> Run:
    """Runs a command on that checkout and Grafana."""
    return partial(run, "--root", str(checkout), GRAFANA_URL=grafana.url)
