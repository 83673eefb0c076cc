"""Who hears of which alert: the deployed routing and receivers, asked of amtool."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.model import Alert
from config import Config
from contract.metrics import USAGE_LABELS
from tools import ROOT
from tools.locate import find
from tools.process import succeeded

FOLDER = ROOT / "cluster/alertmanager"
CONFIG = FOLDER / "alertmanager.yml"
EXAMPLES = FOLDER / "receivers-example.yml"
SYSTEMS = ("cluster", "namespace")  # which docs/configuration.md names for `labels`


def _amtool(*arguments: str) -> str:
    """What amtool prints. Raises ToolError if it objects."""
    return succeeded([*find("amtool").command, *arguments], 60).stdout


def _receivers(labels: Mapping[str, str]) -> list[str]:
    """Who hears of an alert with `labels`."""
    given = (f"{name}={value}" for name, value in labels.items())
    return _amtool("config", "routes", "test", f"--config.file={CONFIG}", *given).split()


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    return document


def test_amtool_accepts_the_configuration() -> None:
    assert "SUCCESS" in _amtool("check-config", str(CONFIG))


@pytest.mark.parametrize(
    ("alert", "receiver"),
    [
        (Config().failures, "on-call"),
        (Config().token_spike, "channel"),
        (Config().zero_traffic, "channel"),
    ],
)
def test_a_critical_pages_on_call_and_a_warning_goes_to_the_channel(
    alert: Alert, receiver: str
) -> None:
    assert _receivers(alert.rule(Config(), "").labels) == [receiver]


@pytest.mark.parametrize("labels", [{}, {"severity": "info"}, {"severity": "Critical"}])
def test_an_alert_that_no_route_names_still_reaches_the_channel(labels: dict[str, str]) -> None:
    assert _receivers({"alertname": "SomebodyElses", **labels}) == ["channel"]


def test_one_incident_is_one_page(config: dict[str, Any]) -> None:
    assert config["route"]["group_by"] == ["alertname", *SYSTEMS, *USAGE_LABELS]
    assert not any("group_by" in route for route in config["route"]["routes"])


def test_the_example_receivers_fit_in_the_place_of_the_webhooks(
    config: dict[str, Any], tmp_path: Path
) -> None:
    examples = yaml.safe_load(EXAMPLES.read_text())
    whole = tmp_path / "alertmanager.yml"
    whole.write_text(yaml.safe_dump({**config, **examples}))
    assert "SUCCESS" in _amtool("check-config", str(whole))
    names, deployed = ({one["name"] for one in of["receivers"]} for of in (examples, config))
    assert names == deployed


@pytest.mark.parametrize("file", [CONFIG, EXAMPLES], ids=lambda path: path.name)
def test_secrets_stand_in_files_alone(file: Path) -> None:
    keys = set(re.findall(r"^[ -]*(\w+):", file.read_text(), re.MULTILINE))
    secret = {"routing_key", "service_key", "api_url", "credentials", "password", "bearer_token"}
    assert not keys & secret
    if file == EXAMPLES:
        assert {"routing_key_file", "api_url_file", "credentials_file"} <= keys
