"""How a VictoriaMetrics is started, filled with scrapes, and evaluates rules over the past."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from alerts.model import RuleGroup
from delivery.render import to_yaml
from delivery.targets import ALERTS
from exporter_stub.replay import Replay
from stack.demo import light_models
from stack.history import in_levels
from stack.ports import address
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


def started_storage(supervisor: Supervisor, *more: str) -> PrometheusApi:
    """A VictoriaMetrics that answers, with its data in the supervisor's folder."""
    place = address(free_port())
    storage = PrometheusApi(f"http://{place}", timeout=120)
    options = (
        f"-storageDataPath={supervisor.folder / 'storage'}",
        f"-httpListenAddr={place}",
        "-retentionPeriod=50y",  # a history may be of any date
        "-loggerLevel=WARN",
    )
    command = [*find_pinned(VICTORIA_METRICS), *options, *more]
    supervisor.start("storage", command, storage.ready)
    return storage


def started_ruler(
    supervisor: Supervisor, name: str, storage: PrometheusApi, notifier: str
) -> PrometheusApi:
    """A vmalert that answers, with the built rules."""
    place = address(free_port())
    ruler = PrometheusApi(f"http://{place}")
    command = _ruler_command(
        *(ROOT / ALERTS, storage.base, place),
        f"-remoteRead.url={storage.base}",  # from where it takes up the states of alerts
        f"-notifier.url={notifier}",
    )
    supervisor.start(f"ruler-{name}", command, ruler.ready)
    return ruler


def _ruler_command(rules: Path, storage: str, place: str, *more: str) -> list[str]:
    """Starts a vmalert on `place` (host:port), as docs/rulers.md tells users to.

    It evaluates `rules` on `storage` (http://host:port) and writes records and states there.
    """
    return [
        *find_pinned(VMALERT),
        f"-rule={rules}",
        f"-httpListenAddr={place}",
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
        asked = _ruler_command(file, storage.base, address(free_port()), *replay)
        succeeded(asked, REPLAY_TIMEOUT)
        storage.call("GET", FLUSH)
