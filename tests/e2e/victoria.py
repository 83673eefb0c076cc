"""How a VictoriaMetrics is started on a history, and how vmalert evaluates rules on it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from alerts.model import RuleGroup
from delivery.render import to_yaml
from exporter_stub.replay import Replay
from exporter_stub.scenarios import Scenario
from stack.demo import light_models
from stack.history import in_levels
from stack.ports import address
from stack.supervisor import Supervisor
from tests.conftest import free_port
from tools.http import PrometheusApi
from tools.locate import VICTORIA_METRICS, VMALERT, find
from tools.process import succeeded

MINUTE = 60

DEDUPLICATED = "-dedup.minScrapeInterval=1ms"
"""Of samples of one series and moment one is kept: what both rulers of a pair have written."""

REPLAY_TIMEOUT = 300
"""Seconds for one replay of rules over a day; it takes about two."""

FLUSH = "/internal/force_flush"
"""The path that lets queries see all that has been stored."""


def storage_of(
    supervisor: Supervisor, scenario: Scenario, begin: int, end: int, *more: str
) -> PrometheusApi:
    """A VictoriaMetrics with the scrapes from `begin` to `end` (Unix seconds) of two replicas.

    They are a minute apart, which is the most that the rules support. Scrapes of the future come
    in with time, since no query reads them before.
    """
    place = address(free_port())
    storage = PrometheusApi(f"http://{place}", timeout=120)
    options = (
        f"-storageDataPath={supervisor.folder / 'storage'}",
        f"-httpListenAddr={place}",
        "-retentionPeriod=50y",  # a history may be of any date
        "-loggerLevel=WARN",
    )
    supervisor.start("storage", [*find(VICTORIA_METRICS), *options, *more], storage.ready)
    replicas, models = ("replica-1:5001", "replica-2:5001"), light_models()
    replay = Replay(scenario, begin, end, replicas, MINUTE, rate=2.0, seed=1, catalogue=models)
    for file in replay.write(supervisor.folder / "scrapes"):
        storage.call("POST", "/api/v1/import/prometheus", data=file.read_bytes())
    storage.call("GET", FLUSH)
    return storage


def ruler_of(storage: PrometheusApi, rules: Path, place: str, *more: str) -> list[str]:
    """The command of a vmalert on `place` (host:port), as docs/rulers.md tells users to start it.

    It evaluates `rules` on `storage`, and writes records and the states of alerts there.
    """
    return [
        *find(VMALERT),
        f"-rule={rules}",
        f"-httpListenAddr={place}",
        f"-datasource.url={storage.base}",
        f"-remoteWrite.url={storage.base}",
        "-disableAlertgroupLabel",  # the same labels as from Prometheus
        "-loggerLevel=WARN",
        *more,
    ]


def backfill(
    groups: Sequence[RuleGroup], folder: Path, storage: PrometheusApi, begin: int, end: int
) -> None:
    """Let vmalert's replay write to `storage` what `groups` would have from `begin` to `end`.

    A rule reads what is on the disk, which what the one before it wrote is after some seconds: so
    rules that read others are replayed once those are written.
    """
    first, last = (f"{datetime.fromtimestamp(second, UTC):%FT%TZ}" for second in (begin, end))
    replay = (
        f"-replay.timeFrom={first}",
        f"-replay.timeTo={last}",
        "-replay.disableProgressBar",
        "-replay.rulesDelay=0s",  # no rule of a level reads another
        "-notifier.blackhole",
    )
    file = folder / "level.yaml"
    for level in in_levels(groups):
        part = RuleGroup("level", groups[0].interval, tuple(level))
        file.write_text(to_yaml({"groups": [part.to_dict()]}, comment="A part, to replay."))
        succeeded(ruler_of(storage, file, address(free_port()), *replay), REPLAY_TIMEOUT)
        storage.call("GET", FLUSH)
