"""Histories to look at: what the exporter's `replay` writes, on a Prometheus with our rules."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract.config import Config
from delivery.targets import groups
from preview.resolve import View
from stack.history import History, recorded
from stack.supervisor import StackError
from tools import ROOT
from tools.process import finished

REPLAY_TIMEOUT = 300
"""Seconds for one replay; a day takes about ten."""

END = 1_775_001_600
"""All histories end on 1 April 2026, 00:00 UTC, and so are the same whenever they are made."""

SCRAPE = 60
"""Seconds between scrapes: the slowest that the rules support, and the quickest to make."""


@dataclass(frozen=True)
class Scene:
    """A scenario of `python -m exporter_stub replay`, and the hours of it that are made."""

    scenario: str
    hours: int
    rate: float = 1.0
    replicas: int = 2
    scrape: int = SCRAPE

    def view(self, history: History, hours: float | None = None) -> View:
        """The last `hours`, else all that is there, on full minutes as Grafana asks for them."""
        begin = history.begin if hours is None else END - round(hours * 3600)
        return View(begin=begin - begin % 60, end=END, step=60, scrape=self.scrape)


SCENES = {
    scene.scenario: scene
    for scene in (
        Scene("healthy", hours=25, rate=2),
        Scene("outage", hours=6),
        Scene("token-spike", hours=6),
        Scene("silence", hours=6),
    )
}


@contextmanager
def played(scene: Scene, folder: Path) -> Iterator[History]:
    """A Prometheus on the history of `scene`, all of it below `folder`.

    Raises StackError where the replay fails.
    """
    with recorded(folder, _replayed(scene, folder / "scrapes"), groups(Config())) as history:
        yield history


def _replayed(scene: Scene, folder: Path) -> list[Path]:
    """The files of the replay, in the order of time."""
    options = {
        "scenario": scene.scenario,
        "hours": scene.hours,
        "end": END,
        "every": scene.scrape,
        "replicas": scene.replicas,
        "rate": scene.rate,
        "seed": 1,
        "out": folder.resolve(),
    }
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    try:
        done = finished(
            [sys.executable, "-m", "exporter_stub", "replay", *given], REPLAY_TIMEOUT, cwd=ROOT
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"the replay of {scene.scenario} took over {REPLAY_TIMEOUT} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise StackError(f"the replay of {scene.scenario} failed: {said[-1]}")
    return sorted(path for path in folder.iterdir() if path.is_file())
