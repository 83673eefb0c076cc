"""A VictoriaMetrics with a day of history and scrapes still to come, its rulers, and the pager."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from alerts.model import RuleGroup
from config import Config
from delivery.render import to_yaml
from delivery.targets import ALERTS, groups
from exporter_stub.replay import Replay
from exporter_stub.scenarios import Scenario
from stack.history import in_levels
from stack.launch import DEPLOYED_ALERTMANAGER
from stack.pager import Pager, hook, served
from stack.ports import address
from stack.replay import light_models
from stack.servers import paging, started
from stack.supervisor import Supervisor
from tests.conftest import free_port
from tools import ROOT
from tools.http import PrometheusApi
from tools.locate import VICTORIA_METRICS, VMALERT, find_pinned
from tools.process import succeeded

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 25 * HOUR
"""Seconds of history: the token baseline's day, and an hour."""

AHEAD = 20 * MINUTE
"""Seconds of scrapes that are still to come: longer than a test looks."""

DEDUPLICATED = "-dedup.minScrapeInterval=1ms"
"""Of samples of one series and moment one is kept: what both rulers of a pair have written."""

REPLAY_TIMEOUT = 300
"""Seconds for one replay of rules over a day; it takes about two."""

GAP = MINUTE
"""Seconds without records between what is backfilled and what is live, as between two rulers of
which one has gone and the other has not begun."""

SCRAPED = partial(
    Replay,
    instances=("replica-1:5001", "replica-2:5001"),
    every=MINUTE,
    rate=2.0,
    seed=1,
    catalogue=light_models(),
)
"""Two replicas, each minute, which is the slowest that the rules support."""


FLUSH = "/internal/force_flush"
"""The path that lets queries see all that has been stored."""


def store(folder: Path, storage: PrometheusApi) -> None:
    """Store the scrapes in the files of `folder`, also those that are still to come.

    No query reads samples of the future, so the latter come in with time.
    """
    for file in sorted(folder.iterdir()):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        samples = "".join(line for line in lines if not line.startswith("#"))
        storage.call("POST", "/api/v1/import/prometheus", data=samples.encode())
    storage.call("GET", FLUSH)


@dataclass(frozen=True)
class World:
    """What runs: `began` is when (Unix seconds) the history ended, `live` when rulers started."""

    began: int
    live: float
    storage: PrometheusApi
    rulers: tuple[PrometheusApi, ...]
    pager: Pager
    supervisor: Supervisor

    def wait(self, done: Callable[[], bool], what: str, until: float) -> None:
        """Return when `done`. Raises ToolError where a part ends, or it is `until`."""
        self.supervisor.wait(done, what, until - time.time())


def started_storage(supervisor: Supervisor, port: int, *more: str) -> PrometheusApi:
    """A VictoriaMetrics that answers, with its data in the supervisor's folder."""
    storage = PrometheusApi(f"http://{address(port)}", timeout=120)
    options = (
        f"-storageDataPath={supervisor.folder / 'storage'}",
        f"-httpListenAddr={address(port)}",
        "-retentionPeriod=50y",  # a history may be of any date
        "-loggerLevel=WARN",
    )
    command = [*find_pinned(VICTORIA_METRICS), *options, *more]
    supervisor.start("storage", command, storage.ready)
    return storage


@contextmanager
def world(folder: Path, scenario: Scenario) -> Iterator[World]:
    """A history that ends now, in which the incidents of `scenario` go on, with a pair of rulers.

    Nothing is at another speed than deployed, neither the rules nor Alertmanager.
    """
    began = int(time.time()) // MINUTE * MINUTE
    SCRAPED(scenario, began - DAY, began + AHEAD).write(folder / "scrapes")
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
        rulers = tuple(
            _started_ruler(supervisor, name, storage, free_port(), notifier) for name in "ab"
        )
        yield World(began, live, storage, rulers, pager, supervisor)


def _started_alertmanager(supervisor: Supervisor, pager: str, port: int) -> str:
    config = supervisor.folder / "alertmanager.yml"
    deployed = DEPLOYED_ALERTMANAGER.read_text()
    config.write_text(paging(deployed, pager, speed=1))
    return started(supervisor, "alertmanager", config, address(port))


def _started_ruler(
    supervisor: Supervisor, name: str, storage: PrometheusApi, port: int, notifier: str
) -> PrometheusApi:
    ruler = PrometheusApi(f"http://{address(port)}")
    options = _ruler_command(
        *(ROOT / ALERTS, storage.base, address(port)),
        f"-remoteRead.url={storage.base}",  # from where it takes up the states of alerts
        f"-notifier.url={notifier}",
    )
    supervisor.start(f"ruler-{name}", options, ruler.ready)
    return ruler


def _ruler_command(rules: Path, storage: str, address: str, *more: str) -> list[str]:
    """Starts a vmalert on `address` (host:port), as docs/rulers.md tells users to.

    It evaluates `rules` on `storage` (http://host:port) and writes records and states there.
    """
    return [
        *find_pinned(VMALERT),
        f"-rule={rules}",
        f"-httpListenAddr={address}",
        f"-datasource.url={storage}",
        f"-remoteWrite.url={storage}",
        "-disableAlertgroupLabel",  # the same labels as from Prometheus
        "-loggerLevel=WARN",
        *more,
    ]


def backfill(
    groups: Sequence[RuleGroup],
    folder: Path,
    storage: PrometheusApi,
    address: str,
    span: tuple[int, int],
) -> None:
    """Let vmalert's replay write to `storage` what `groups` would have over `span` (Unix seconds).

    A rule reads what is on the disk, which what the one before it wrote is after some seconds: so
    rules that read others are replayed once those are written.
    """
    begin, end = (f"{datetime.fromtimestamp(second, UTC):%FT%TZ}" for second in span)
    replay = (
        f"-replay.timeFrom={begin}",
        f"-replay.timeTo={end}",
        "-replay.disableProgressBar",
        "-replay.rulesDelay=0s",  # no rule of a level reads another
        "-notifier.blackhole",
    )
    for number, level in enumerate(in_levels(groups)):
        kept = [(group, tuple(rule for rule in group.rules if rule in level)) for group in groups]
        parts = [
            RuleGroup(group.name, group.interval, rules).to_dict() for group, rules in kept if rules
        ]
        file = folder / f"level-{number}.yaml"
        file.write_text(to_yaml({"groups": parts}, comment="A part, to replay."), encoding="utf-8")
        asked = _ruler_command(file, storage.base, address, *replay)
        succeeded(asked, REPLAY_TIMEOUT)
        storage.call("GET", FLUSH)
