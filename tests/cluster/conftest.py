"""What the tests of the deployed files share."""

from typing import Any

import pytest
import yaml

from tools import ROOT

CLUSTER = ROOT / "cluster"


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    """The compose file, parsed."""
    document: dict[str, Any] = yaml.safe_load((CLUSTER / "docker-compose.yml").read_text())
    return document


@pytest.fixture(scope="session")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The compose file's services by name."""
    found: dict[str, dict[str, Any]] = compose["services"]
    return found
