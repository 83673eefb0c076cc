"""Histories on a real Prometheus, each made once for all tests of this folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from preview.history import History
from preview.scenes import SCENES, played

Played = Callable[[str], History]


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Gives the history of a scenario by its name."""
    made: dict[str, History] = {}
    with ExitStack() as running:

        def get(scenario: str) -> History:
            if scenario not in made:
                folder = tmp_path_factory.mktemp(scenario)
                made[scenario] = running.enter_context(played(SCENES[scenario], folder))
            return made[scenario]

        yield get
