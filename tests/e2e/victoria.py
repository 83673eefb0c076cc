"""A VictoriaMetrics with a day behind it and scrapes still coming, its rulers, and the pager."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from contract.config import Config
from delivery.targets import ALERTS, groups
from exporter_stub.catalogue import Catalogue, load_catalogue
from exporter_stub.replay import Plan, Replay
from exporter_stub.scenarios import Scenario
from stack import alertmanager
from stack.alertmanager import AlertmanagerApi
from stack.launch import DEPLOYED_ALERTMANAGER, START_TIMEOUT
from stack.pager import Pager
from stack.ports import address
from stack.prometheus import JOB, PrometheusApi
from stack.supervisor import StackError, Supervisor
from stack.victoria import Victoria, backfill, ruler_command, storage_command
from tools import ROOT
from tools.locate import find

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 25 * HOUR
"""Seconds of the past: the token baseline's day, and an hour."""

AHEAD = 20 * MINUTE
"""Seconds of scrapes that are still to come: longer than a test looks."""

DEDUPLICATED = "-dedup.minScrapeInterval=1ms"
"""Of samples of one series and moment one is kept: what both rulers of a pair have written."""

GAP = 3 * MINUTE
"""Seconds without records between what is backfilled and what is live, as between two rulers of
which one has gone and the other has not begun."""

_HEAVY_TAIL = 1.2
"""Models whose tokens deviate by more are left out: one request of theirs can outweigh a quarter of
an hour, and a day that begins now has other requests on every run."""


def light_models() -> Catalogue:
    """The catalogue without the models whose single requests can be a spike."""
    every = load_catalogue()
    light = tuple(one for one in every.models if one.prompt[1] < _HEAVY_TAIL)
    return every.model_copy(update={"models": light})


def write_history(folder: Path, scenario: Scenario, begin: int, end: int) -> None:
    """Scrapes of two replicas each minute, which is the slowest that the rules support."""
    plan = Plan(
        scenario=scenario,
        catalogue=light_models(),
        begin=begin,
        end=end,
        every=MINUTE,
        instances=("replica-1:5001", "replica-2:5001"),
        job=JOB,
        rate=2.0,
        seed=1,
        zero_init=False,
    )
    folder.mkdir()
    Replay(plan, folder, lambda _: None).run()


@dataclass
class Feed:
    """Stores each scrape of the files in `folder` in `storage` when its time has come."""

    folder: Path
    storage: Victoria
    _due: dict[int, list[str]] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)
    error: requests.RequestException | None = None

    def store_past(self) -> None:
        """Store all that is past, and remember the rest."""
        now = int(time.time())
        for file in sorted(self.folder.iterdir()):
            past: list[str] = []
            for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
                if line.startswith("#"):
                    continue
                stamp = int(line.rsplit(" ", 1)[1])
                (past if stamp <= now else self._due.setdefault(stamp, [])).append(line)
            self.storage.push(past)
        self.storage.flush()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Store what comes, second by second."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _run(self) -> None:
        while not self._ended.wait(1):
            for stamp in [one for one in self._due if one <= time.time()]:
                try:
                    self.storage.push(self._due.pop(stamp))
                except requests.RequestException as error:
                    self.error = error
                    return


@dataclass(frozen=True)
class World:
    """What runs: `began` is when (Unix seconds) its past ended, `live` when the rulers started."""

    began: int
    live: float
    storage: Victoria
    rulers: tuple[PrometheusApi, ...]
    pager: Pager
    supervisor: Supervisor
    feed: Feed

    def wait(self, done: Callable[[], bool], what: str, until: float) -> None:
        """Return when `done`. Raises StackError where a part ends, or it is `until`."""
        wait(self.supervisor, done, what, until)
        if self.feed.error is not None:
            raise StackError(f"scrapes cannot be stored: {self.feed.error}")


def wait(supervisor: Supervisor, done: Callable[[], bool], what: str, until: float) -> None:
    """Return when `done`. Raises StackError where a part ends, or it is `until` (Unix seconds)."""
    while not done():
        supervisor.check()
        if time.time() > until:
            raise StackError(f"{what}: not in time, see the logs in {supervisor.folder}")
        time.sleep(0.5)


def started_storage(supervisor: Supervisor, port: int, *more: str) -> Victoria:
    """A VictoriaMetrics that answers, with its data in the supervisor's folder."""
    storage = Victoria(f"http://{address(port)}", timeout=60)
    folder = supervisor.folder / "storage"
    supervisor.start("storage", storage_command(folder, address(port), *more), {})
    wait(supervisor, storage.ready, "VictoriaMetrics", time.time() + START_TIMEOUT)
    return storage


@contextmanager
def world(
    folder: Path, scenario: Scenario, free_port: Callable[[], int], rulers: int
) -> Iterator[World]:
    """A past that ends now, in which the incidents of `scenario` go on, with so many `rulers`.

    Nothing is at another speed than deployed, neither the rules nor Alertmanager.
    """
    began = int(time.time()) // MINUTE * MINUTE
    write_history(folder / "scrapes", scenario, began - DAY, began + AHEAD)
    with Supervisor(folder) as supervisor, Pager(free_port()) as pager:
        port = free_port()
        storage = started_storage(supervisor, port, DEDUPLICATED)
        feed = Feed(folder / "scrapes", Victoria(f"http://{address(port)}"))
        feed.store_past()
        where = f"http://{address(port)}"
        last = int(time.time()) // MINUTE * MINUTE - GAP
        span = (began - DAY + 5 * MINUTE, last)
        backfill(groups(Config()), folder, where, address(free_port()), span)
        with feed.going_on():
            notifier = _started_alertmanager(supervisor, pager, free_port())
            live = time.time()
            found = tuple(
                _started_ruler(supervisor, name, where, free_port(), notifier)
                for name in "ab"[:rulers]
            )
            yield World(began, live, storage, found, pager, supervisor, feed)


def _started_alertmanager(supervisor: Supervisor, pager: Pager, port: int) -> str:
    config = supervisor.folder / "alertmanager.yml"
    hook = f"http://{address(pager.port)}/"
    deployed = DEPLOYED_ALERTMANAGER.read_text()
    config.write_text(alertmanager.configuration(deployed, hook, speed=1))
    options = alertmanager.arguments(config, supervisor.folder / "alertmanager", address(port))
    supervisor.start("alertmanager", [*find("alertmanager").command, *options], {})
    api = AlertmanagerApi(f"http://{address(port)}")
    wait(supervisor, api.ready, "Alertmanager", time.time() + START_TIMEOUT)
    return f"http://{address(port)}"


def _started_ruler(
    supervisor: Supervisor, name: str, storage: str, port: int, notifier: str
) -> PrometheusApi:
    ruler = PrometheusApi(f"http://{address(port)}")
    options = ruler_command(ROOT / ALERTS, storage, address(port), notifier)
    supervisor.start(f"ruler-{name}", options, {})
    wait(supervisor, ruler.ready, f"vmalert {name}", time.time() + START_TIMEOUT)
    return ruler
