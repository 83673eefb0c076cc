"""A real Grafana loads the rules from their file: needs a Docker engine and its registry."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from config import Config, IngestionFailures
from delivery.targets.grafana import PROVISIONING
from sync.grafana_alerting import FileRule
from tests.cluster.containers import MARKS
from tests.delivery.targets.test_grafana import GRAFANA
from tests.delivery.targets.test_grafana_alerting import rules_of
from tools import ROOT
from tools.http import ask
from tools.process import awaited, succeeded

Found = Callable[[list[dict[str, Any]]], bool]
Get = Callable[[str, Found], list[dict[str, Any]]]

PULL_TIMEOUT = 900  # seconds; the image is 200 MB
START_TIMEOUT = 180  # seconds until Grafana has made its database and read its files


pytestmark = MARKS


def _docker(*arguments: str, timeout: int = 60) -> str:
    return succeeded(["docker", *arguments], timeout).stdout.strip()


@pytest.fixture(scope="module")
def get() -> Iterator[Get]:
    """Asks compose's Grafana, which read our provisioning folder and reaches no Prometheus."""
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
        address = _docker("port", container, "3000/tcp").splitlines()[0]
        login = ("admin", password)
        yield lambda path, found: _waited(login, f"http://{address}{path}", found)
    finally:
        _docker("rm", "--force", container)


def _waited(login: tuple[str, str], url: str, found: Found) -> list[dict[str, Any]]:
    """The JSON at `url` once Grafana is up and it is `found`."""

    def look() -> list[dict[str, Any]]:
        with suppress(requests.RequestException):
            answer = ask("GET", url, auth=login, timeout=60)
            if answer.ok and found(answer.json()):
                return list(answer.json())
        return []

    seen = awaited(look, START_TIMEOUT, lambda: time.sleep(1))
    assert seen, url
    return seen


@pytest.fixture(scope="module")
def loaded(get: Get) -> dict[str, dict[str, Any]]:
    """The rules that it has, by uid; it reads its files before it answers."""
    return {rule["uid"]: rule for rule in get("/api/v1/provisioning/alert-rules", bool)}


@pytest.mark.parametrize("rule", rules_of(Config()), ids=lambda rule: rule["title"])
def test_grafana_reads_a_rule_as_it_is_written(
    loaded: dict[str, dict[str, Any]], rule: dict[str, Any]
) -> None:
    written, read = FileRule.model_validate(rule).as_json(), loaded[rule["uid"]]
    queries = zip(written.pop("data"), read["data"], strict=True)
    assert {key: read.get(key) for key in written} == written
    for ours, theirs in queries:
        assert (theirs["refId"], theirs["datasourceUid"]) == (ours["refId"], ours["datasourceUid"])
        # Grafana adds defaults to a model.
        assert theirs["model"] | ours["model"] == theirs["model"]


def test_a_query_that_fails_pages_with_texts_that_stand_without_labels_and_values(get: Get) -> None:
    def failed(alerts: list[dict[str, Any]]) -> bool:
        return any(alert["labels"]["alertname"] == "DatasourceError" for alert in alerts)

    (alert,) = get("/api/alertmanager/grafana/api/v2/alerts", failed)
    assert alert["labels"]["rulename"] == IngestionFailures.name
    for key in ("summary", "description"):
        text = alert["annotations"][key]
        assert text.startswith(f"{IngestionFailures.name} cannot be evaluated: ")
        assert "{{" not in text
        assert "[no value]" not in text
