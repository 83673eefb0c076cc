"""Who hears of which alert: the deployed routing and receivers, asked of amtool."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from config import Config
from contract.metrics import USAGE_LABELS
from tools import ROOT
from tools.locate import find
from tools.process import succeeded

FOLDER = ROOT / "cluster/alertmanager"
CONFIG = FOLDER / "alertmanager.yml"
EXAMPLES = FOLDER / "receivers-example.yml"
DEPLOYED = yaml.safe_load(CONFIG.read_text())
SYSTEMS = ("cluster", "namespace")  # which docs/configuration.md names for `labels`


def _amtool(*arguments: str) -> str:
    """What amtool prints. Raises ToolError if it objects."""
    return succeeded([*find("amtool"), *arguments]).stdout


def _receivers(labels: Mapping[str, str]) -> list[str]:
    """Who hears of an alert with `labels`."""
    given = (f"{name}={value}" for name, value in labels.items())
    return _amtool("config", "routes", "test", f"--config.file={CONFIG}", *given).split()


@pytest.mark.parametrize(
    ("alert", "receiver"),
    [("failures", "on-call"), ("token_spike", "channel"), ("zero_traffic", "channel")],
)
def test_a_critical_pages_on_call_and_a_warning_goes_to_the_channel(
    alert: str, receiver: str
) -> None:
    assert _receivers(getattr(Config(), alert).rule(Config(), "").labels) == [receiver]


@pytest.mark.parametrize("labels", [{}, {"severity": "info"}, {"severity": "Critical"}])
def test_an_alert_that_no_route_names_still_reaches_the_channel(labels: dict[str, str]) -> None:
    assert _receivers({"alertname": "SomebodyElses", **labels}) == ["channel"]


def test_one_incident_is_one_page() -> None:
    assert DEPLOYED["route"]["group_by"] == ["alertname", *SYSTEMS, *USAGE_LABELS]
    assert not any("group_by" in route for route in DEPLOYED["route"]["routes"])


def test_amtool_accepts_the_configuration_and_the_example_receivers_in_it(tmp_path: Path) -> None:
    examples = yaml.safe_load(EXAMPLES.read_text())
    whole = tmp_path / "alertmanager.yml"
    whole.write_text(yaml.safe_dump({**DEPLOYED, **examples}))
    for file in (CONFIG, whole):
        assert "SUCCESS" in _amtool("check-config", str(file))
    names, deployed = ({one["name"] for one in of["receivers"]} for of in (examples, DEPLOYED))
    assert names == deployed


@pytest.mark.parametrize("file", [CONFIG, EXAMPLES], ids=lambda path: path.name)
def test_secrets_stand_in_files_alone(file: Path) -> None:
    keys = set(re.findall(r"^[ -]*(\w+):", file.read_text(), re.MULTILINE))
    secret = {"routing_key", "service_key", "api_url", "credentials", "password", "bearer_token"}
    assert not keys & secret
