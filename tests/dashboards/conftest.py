"""The history that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from delivery.targets import groups
from exporter_stub.replay import Replay
from stack.history import END, recorded
from tests.dashboards.example import BEGIN, CONFIG, INCIDENTS, MODELS
from tools.http import PrometheusApi


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusApi]:
    """Two replicas with healthy traffic and one incident after another, on a real Prometheus."""
    folder = tmp_path_factory.mktemp("history")
    replicas = ("replica-1:5001", "replica-2:5001")
    replay = Replay(INCIDENTS, BEGIN, END, replicas, every=60, rate=0.4, seed=1, catalogue=MODELS)
    scrapes = replay.write(folder / "scrapes")
    with recorded(folder, scrapes, replay.stamps, groups(CONFIG)) as made:
        yield made
