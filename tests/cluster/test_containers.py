"""The containers of the compose file, really started: needs a Docker engine and its registry."""

import subprocess

import pytest

from config import ALERT_NAMES
from contract.names import DASHBOARD_UID
from tests.cluster.containers import MARKS, PROJECT, Chain

pytestmark = MARKS


def test_grafana_has_the_dashboard_under_its_uid(chain: Chain) -> None:
    found = chain.get("Grafana", f"/api/dashboards/uid/{DASHBOARD_UID}")
    assert found["dashboard"]["title"] == "compozy-monitoring"
    assert found["meta"]["provisioned"] is True


def test_grafanas_data_source_reaches_prometheus(chain: Chain) -> None:
    assert chain.get("Grafana", "/api/datasources/uid/compozy-prometheus/health")["status"] == "OK"


def test_prometheus_has_the_three_alerts_and_scrapes_the_exporter(chain: Chain) -> None:
    groups = chain.get("Prometheus", "/api/v1/rules?type=alert")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == set(ALERT_NAMES)
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
