"""What the tests of the deployed files share."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.cluster.containers import Chain, started
from tools import ROOT
from tools.container import COMPOSE_FILE

CLUSTER = ROOT / "cluster"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
"""The compose file's services by name."""


@pytest.fixture(scope="session")
def chain() -> Iterator[Chain]:
    """The containers of the compose file, started once for all tests that need them."""
    with started() as running:
        yield running
