"""The containers of the compose file, really started: needs a Docker engine and its registry.

`test_live.py` shows that they have the rules, routes and dashboard of the repository.
"""

from typing import Any

import pytest

from tests.cluster.conftest import MARKS, PROJECT, Chain
from tools.process import awaited, finished

pytestmark = MARKS


def test_grafanas_data_source_reaches_prometheus(chain: Chain) -> None:
    assert chain.get("Grafana", "/api/datasources/uid/compozy-prometheus/health")["status"] == "OK"


def test_prometheus_scrapes_the_exporter_and_knows_the_alertmanager_beside_it(chain: Chain) -> None:
    def seen(what: str, kind: str) -> list[dict[str, Any]]:
        """Those of a kind that Prometheus knows by now: it looks for them every few seconds."""
        return list(chain.get("Prometheus", f"/api/v1/{what}")["data"][kind])

    def scraped() -> list[dict[str, Any]]:
        return [it for it in seen("targets", "activeTargets") if it["health"] == "up"]

    (target,) = awaited(scraped)
    assert target["labels"]["job"] == "compozy"
    (found,) = awaited(lambda: seen("alertmanagers", "activeAlertmanagers"))
    assert found["url"] == "http://alertmanager:9093/api/v2/alerts"


@pytest.mark.parametrize("folder", ["/app", "/tmp", "/usr/local", "/"])  # noqa: S108
def test_the_exporter_runs_as_nobody_in_particular_and_can_write_nowhere(
    chain: Chain, folder: str
) -> None:
    del chain  # it runs
    script = f"import os; print(os.getuid()); open('{folder}/written', 'w')"
    name = f"{PROJECT}-exporter-1"
    done = finished(["docker", "exec", name, "python", "-c", script])
    assert done.stdout == "10001\n"
    assert "Read-only file system" in done.stderr
    assert done.returncode == 1


def test_every_container_is_well(chain: Chain) -> None:
    del chain  # it runs
    asked = ["docker", "ps", "--filter", f"label=com.docker.compose.project={PROJECT}"]
    states = finished([*asked, "--format", "{{.Status}}"]).stdout.splitlines()
    assert len(states) == 5
    assert all("(healthy)" in state for state in states), states
