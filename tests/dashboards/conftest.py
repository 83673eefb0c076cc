"""The history that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from delivery.targets import groups
from stack.history import History, recorded
from stack.replay import END, Scraped
from tests.dashboards.example import BEGIN, CONFIG, INCIDENTS


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Two replicas with healthy traffic and one incident after another, on a real Prometheus."""
    folder = tmp_path_factory.mktemp("history")
    scraped = Scraped(("replica-1:5001", "replica-2:5001"), every=60, rate=1, seed=1)
    scrapes = scraped.replay(folder / "scrapes", INCIDENTS, BEGIN, END)
    with recorded(folder, scrapes, groups(CONFIG)) as made:
        yield made
