"""The containers of the compose file, really started: needs a Docker engine and its registry."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from contract.names import DASHBOARD_UID, AlertName
from tests.cluster.conftest import CLUSTER
from tools import ROOT
from tools.compose import PASSWORDS, PORTS

PROJECT = "compozy-monitoring-test"
START_TIMEOUT = 1500  # seconds; all images may have to be pulled first


def _missing() -> str:
    """What the tests need and this machine has not; empty where it has all."""
    for question, need in (
        (("version",), "a Docker engine that answers"),
        (("compose", "version"), "Docker's compose plugin"),
    ):
        try:
            done = subprocess.run(
                ["docker", *question], check=False, capture_output=True, timeout=30
            )
        except (FileNotFoundError, subprocess.TimeoutExpired):
            return need
        if done.returncode:
            return need
    return ""


_NEED = _missing()
pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(bool(_NEED), reason=f"needs {_NEED}"),
    pytest.mark.timeout(START_TIMEOUT + 300),
]


class Chain:
    """The running containers: their addresses, and Grafana's password."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Talk to what was started with `environment`."""
        self._environment = environment
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, service: str, path: str) -> Any:
        """The JSON that a service gives under `path`."""
        variable, _ = PORTS[service]
        base = f"http://127.0.0.1:{self._environment[variable]}"
        login = ("admin", self._environment["GRAFANA_PASSWORD"]) if service == "Grafana" else None
        answer = self._session.get(f"{base}{path}", auth=login, timeout=30)
        assert answer.ok, (path, answer.status_code, answer.text)
        return answer.json()


def _compose(environment: dict[str, str], *arguments: str) -> str:
    """Run compose as `make up-compose` does, as a project of its own."""
    file = str(CLUSTER / "docker-compose.yml")
    # An empty file of variables: the user's own, if there is one, stays out of it.
    options = ("--file", file, "--project-name", PROJECT, "--env-file", os.devnull)
    done = subprocess.run(
        ["docker", "compose", *options, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """All containers, well, on ports of their own; removed with their data afterwards."""
    environment = {name: secrets.token_urlsafe(24) for name in PASSWORDS}
    environment |= {variable: str(port + 20_000) for variable, port in PORTS.values()}
    try:
        _compose(environment, "up", "--detach", "--build", "--wait")
        yield Chain(environment)
    finally:
        _compose(environment, "down", "--volumes", "--remove-orphans")


def test_grafana_has_the_dashboard_under_its_uid(chain: Chain) -> None:
    found = chain.get("Grafana", f"/api/dashboards/uid/{DASHBOARD_UID}")
    assert found["dashboard"]["title"] == "compozy-monitoring"
    assert found["meta"]["provisioned"] is True


def test_grafanas_data_source_reaches_prometheus(chain: Chain) -> None:
    assert chain.get("Grafana", "/api/datasources/uid/compozy-prometheus/health")["status"] == "OK"


def test_prometheus_has_the_three_alerts_and_scrapes_the_exporter(chain: Chain) -> None:
    groups = chain.get("Prometheus", "/api/v1/rules?type=alert")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == set(AlertName)
    assert not [rule["lastError"] for rule in rules if rule.get("lastError")]
    (target,) = chain.get("Prometheus", "/api/v1/targets")["data"]["activeTargets"]
    assert target["labels"]["job"] == "compozy"


def test_prometheus_knows_the_alertmanager_beside_it(chain: Chain) -> None:
    (found,) = chain.get("Prometheus", "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
    assert found["url"] == "http://alertmanager:9093/api/v2/alerts"
    receivers = chain.get("Alertmanager", "/api/v2/receivers")
    assert {receiver["name"] for receiver in receivers} == {"on-call", "channel"}


@pytest.mark.parametrize("folder", ["/app", "/tmp", "/usr/local", "/"])  # noqa: S108
def test_the_exporter_runs_as_nobody_in_particular_and_can_write_nowhere(
    chain: Chain, folder: str
) -> None:
    del chain  # it runs
    script = f"import os; print(os.getuid()); open('{folder}/written', 'w')"
    name = f"{PROJECT}-exporter-1"
    done = subprocess.run(
        ["docker", "exec", name, "python", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "10001\n"
    assert "Read-only file system" in done.stderr
    assert done.returncode == 1


def test_every_container_is_well(chain: Chain) -> None:
    del chain  # it runs
    asked = ["docker", "ps", "--filter", f"label=com.docker.compose.project={PROJECT}"]
    done = subprocess.run(
        [*asked, "--format", "{{.Status}}"], check=True, capture_output=True, text=True
    )
    states = done.stdout.splitlines()
    assert len(states) == 5
    assert all("(healthy)" in state for state in states), states
