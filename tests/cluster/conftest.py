"""What the tests of the deployed files share."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.cluster.containers import Chain, started
from tools import ROOT

CLUSTER = ROOT / "cluster"


@pytest.fixture(scope="session")
def chain() -> Iterator[Chain]:
    """The containers of the compose file, started once for all tests that need them."""
    with started() as running:
        yield running


@pytest.fixture(scope="session")
def services() -> dict[str, dict[str, Any]]:
    """The compose file's services by name."""
    document = yaml.safe_load((CLUSTER / "docker-compose.yml").read_text())
    found: dict[str, dict[str, Any]] = document["services"]
    return found
