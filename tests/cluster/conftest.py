"""The deployed files, and the containers of the compose file for tests that are marked `docker`."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.conftest import free_port
from tools import ROOT, ToolError
from tools.container import COMPOSE_FILE
from tools.http import ask
from tools.process import finished, succeeded

CLUSTER = ROOT / "cluster"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
"""The compose file's services by name."""

PROJECT = "compozy-monitoring-test"
START_TIMEOUT = 1500  # seconds; all images may have to be pulled first


def _missing() -> str:
    """What the tests need and this machine has not; empty where it has all."""
    try:
        for question in (["version"], ["compose", "version"]):
            succeeded(["docker", *question])
    except ToolError as error:
        return str(error)
    return ""


_NEED = _missing()
MARKS = [
    pytest.mark.docker,
    pytest.mark.skipif(bool(_NEED), reason=f"needs a Docker engine: {_NEED}"),
    pytest.mark.timeout(START_TIMEOUT + 300),
]


@dataclass(frozen=True)
class Chain:
    """The containers that were started with an `environment`: where they are, and what they say."""

    environment: dict[str, str]

    @property
    def grafana_entry(self) -> dict[str, str]:
        """User and password of a server administrator, as variables of `make diff`."""
        password = self.environment["GRAFANA_PASSWORD"]
        return {"GRAFANA_USER": "admin", "GRAFANA_PASSWORD": password}

    def url(self, service: str) -> str:
        """The address of a service, on loopback."""
        return f"http://127.0.0.1:{self.environment[f'{service.upper()}_PORT']}"

    def get(self, service: str, path: str) -> Any:
        """The JSON that a service gives under `path`."""
        return self.ask("GET", service, path)

    def ask(self, method: str, service: str, path: str, **more: Any) -> Any:
        """The JSON that a service answers; `more` are arguments of requests."""
        login = tuple(self.grafana_entry.values()) if service == "Grafana" else None
        answer = ask(method, f"{self.url(service)}{path}", auth=login, timeout=30, **more)
        assert answer.ok, (path, answer.status_code, answer.text)
        return answer.json()


def _compose(environment: dict[str, str], *arguments: str) -> str:
    """Run compose as `make up-compose` does, as a project of its own."""
    # An empty file of variables: the user's own, if there is one, stays out of it.
    options = ("--file", str(COMPOSE_FILE), "--project-name", PROJECT, "--env-file", os.devnull)
    asked = ["docker", "compose", *options, *arguments]
    done = finished(asked, START_TIMEOUT, cwd=ROOT, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def chain() -> Iterator[Chain]:
    """All containers, well, on ports of their own; removed with their data afterwards."""
    environment = {
        f"{name}_PASSWORD": secrets.token_urlsafe(24) for name in ("POSTGRES", "GRAFANA")
    }
    services = ("GRAFANA", "PROMETHEUS", "ALERTMANAGER", "EXPORTER")
    environment |= {f"{name}_PORT": str(free_port()) for name in services}
    try:
        _compose(environment, "up", "--detach", "--build", "--wait")
        yield Chain(environment)
    finally:
        _compose(environment, "down", "--volumes", "--remove-orphans")
