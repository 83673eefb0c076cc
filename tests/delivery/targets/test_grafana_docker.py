"""A real Grafana loads the rules from their file: needs a Docker engine and its registry."""

import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest
from pydantic import TypeAdapter

from config import IngestionFailures
from contract.document import Json
from delivery.targets.grafana import PROVISIONING
from sync.client import Client, LiveError
from sync.grafana_alerting import parts
from tests.cluster.conftest import MARKS
from tests.delivery.targets.test_grafana import GRAFANA
from tools import ROOT
from tools.process import awaited, succeeded

PULL_TIMEOUT = 900  # seconds; the image is 200 MB
START_TIMEOUT = 180  # seconds until Grafana has made its database and read its files
A_SECOND = partial(time.sleep, 1)

pytestmark = MARKS


def _docker(*arguments: str, timeout: int = 60) -> str:
    return succeeded(["docker", *arguments], timeout).stdout.strip()


@pytest.fixture(scope="module")
def grafana() -> Iterator[Client]:
    """Compose's Grafana, which read our provisioning folder and reaches no Prometheus."""
    password = secrets.token_urlsafe(24)
    options = [
        f"--env=GF_SECURITY_ADMIN_PASSWORD={password}",
        "--env=GF_RECORDING_RULES_ENABLED=true",
        "--env=GF_ANALYTICS_CHECK_FOR_UPDATES=false",
        "--env=GF_PLUGINS_PREINSTALL_DISABLED=true",
        f"--volume={ROOT / PROVISIONING}:/etc/grafana/provisioning:ro",
        "--publish=127.0.0.1::3000",
    ]
    _docker("pull", "--quiet", GRAFANA["image"], timeout=PULL_TIMEOUT)
    container = _docker("run", "--detach", "--rm", *options, GRAFANA["image"])
    try:
        url = f"http://{_docker('port', container, '3000/tcp').splitlines()[0]}"
        client = Client("Grafana", url, user="admin", password=password)
        rules = partial(_listed, client, "/api/v1/provisioning/alert-rules")
        assert awaited(rules, START_TIMEOUT, A_SECOND), url
        yield client
    finally:
        _docker("rm", "--force", container)


def _listed(grafana: Client, path: str) -> list[Json]:
    """The list at `path`; empty while Grafana does not answer yet."""
    with suppress(LiveError):
        return grafana.get(path, TypeAdapter(list[Json]).validate_python)
    return []


def test_grafana_reads_the_rules_as_they_are_written(grafana: Client) -> None:
    _, *groups = parts(grafana, ROOT, wanted=True)  # the first says whether it is new enough
    assert [change for group in groups for change in group.changes] == []
    assert len(groups) == 2


def test_a_query_that_fails_pages_with_texts_that_stand_without_labels_and_values(
    grafana: Client,
) -> None:
    def failed() -> list[Json]:
        alerts = _listed(grafana, "/api/alertmanager/grafana/api/v2/alerts")
        return [it for it in alerts if it["labels"]["alertname"] == "DatasourceError"]

    (alert,) = awaited(failed, START_TIMEOUT, A_SECOND)
    assert alert["labels"]["rulename"] == IngestionFailures.name
    for key in ("summary", "description"):
        text = alert["annotations"][key]
        assert text.startswith(f"{IngestionFailures.name} cannot be evaluated: ")
        assert "{{" not in text
        assert "[no value]" not in text
