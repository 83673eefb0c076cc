"""A VictoriaMetrics with a day of history and scrapes still to come, its rulers, and the pager."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import Config
from delivery.targets import ALERTS, groups
from exporter_stub.scenarios import Scenario
from stack import alertmanager
from stack.launch import DEPLOYED_ALERTMANAGER
from stack.pager import Pager, hook, served
from stack.ports import address
from stack.replay import Scraped, light_models
from stack.supervisor import Supervisor
from tests.e2e.vmalert import Victoria, backfill, ruler_command, storage_command
from tools import ROOT
from tools.http import PrometheusApi

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 25 * HOUR
"""Seconds of history: the token baseline's day, and an hour."""

AHEAD = 20 * MINUTE
"""Seconds of scrapes that are still to come: longer than a test looks."""

DEDUPLICATED = "-dedup.minScrapeInterval=1ms"
"""Of samples of one series and moment one is kept: what both rulers of a pair have written."""

GAP = MINUTE
"""Seconds without records between what is backfilled and what is live, as between two rulers of
which one has gone and the other has not begun."""

SCRAPED = Scraped(
    ("replica-1:5001", "replica-2:5001"), MINUTE, rate=2.0, seed=1, catalogue=light_models()
)
"""Two replicas, each minute, which is the slowest that the rules support."""


def store(folder: Path, storage: Victoria) -> None:
    """Store the scrapes in the files of `folder`, also those that are still to come.

    No query reads samples of the future, so the latter come in with time.
    """
    for file in sorted(folder.iterdir()):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        storage.push(line for line in lines if not line.startswith("#"))
    storage.flush()


@dataclass(frozen=True)
class World:
    """What runs: `began` is when (Unix seconds) the history ended, `live` when rulers started."""

    began: int
    live: float
    storage: Victoria
    rulers: tuple[PrometheusApi, ...]
    pager: Pager
    supervisor: Supervisor

    def wait(self, done: Callable[[], bool], what: str, until: float) -> None:
        """Return when `done`. Raises StackError where a part ends, or it is `until`."""
        self.supervisor.wait(done, what, until - time.time())


def started_storage(supervisor: Supervisor, port: int, *more: str) -> Victoria:
    """A VictoriaMetrics that answers, with its data in the supervisor's folder."""
    storage = Victoria(f"http://{address(port)}", timeout=120)
    command = storage_command(supervisor.folder / "storage", address(port), *more)
    supervisor.start("storage", command, storage.ready)
    return storage


@contextmanager
def world(
    folder: Path, scenario: Scenario, free_port: Callable[[], int], rulers: int
) -> Iterator[World]:
    """A history that ends now, in which the incidents of `scenario` go on, with so many `rulers`.

    Nothing is at another speed than deployed, neither the rules nor Alertmanager.
    """
    began = int(time.time()) // MINUTE * MINUTE
    SCRAPED.replay(folder / "scrapes", scenario, began - DAY, began + AHEAD)
    pager, pager_port, port = Pager(), free_port(), free_port()
    with Supervisor(folder) as supervisor, served(pager_port, pager):
        storage = started_storage(supervisor, port, DEDUPLICATED)
        store(folder / "scrapes", storage)
        begin = began - DAY + 5 * MINUTE
        # A backfill takes minutes, which are backfilled in turn.
        while (last := int(time.time()) // MINUTE * MINUTE - GAP) > begin:
            backfill(groups(Config()), folder, storage, address(free_port()), (begin, last))
            begin = last + MINUTE
        notifier = _started_alertmanager(supervisor, hook(pager_port), free_port())
        live = time.time()
        found = tuple(
            _started_ruler(supervisor, name, storage, free_port(), notifier)
            for name in "ab"[:rulers]
        )
        yield World(began, live, storage, found, pager, supervisor)


def _started_alertmanager(supervisor: Supervisor, pager: str, port: int) -> str:
    config = supervisor.folder / "alertmanager.yml"
    deployed = DEPLOYED_ALERTMANAGER.read_text()
    config.write_text(alertmanager.configuration(deployed, pager, speed=1))
    return alertmanager.started(supervisor, config, address(port)).base


def _started_ruler(
    supervisor: Supervisor, name: str, storage: Victoria, port: int, notifier: str
) -> PrometheusApi:
    ruler = PrometheusApi(f"http://{address(port)}")
    options = ruler_command(
        *(ROOT / ALERTS, storage.base, address(port)),
        f"-remoteRead.url={storage.base}",  # from where it takes up the states of alerts
        f"-notifier.url={notifier}",
    )
    supervisor.start(f"ruler-{name}", options, ruler.ready)
    return ruler
