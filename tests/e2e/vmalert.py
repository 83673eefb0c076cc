"""VictoriaMetrics and its ruler vmalert: their commands, and what tests ask of their APIs."""

import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from alerts.model import RuleGroup
from delivery.render import to_yaml
from stack.history import in_levels
from tools.http import PrometheusApi
from tools.pinned import VICTORIA_METRICS, VMALERT, command

REPLAY_TIMEOUT = 300
"""Seconds for one replay of rules over a day; it takes about two."""


class Victoria(PrometheusApi):
    """The HTTP API of the VictoriaMetrics at `base`. Calls raise requests.RequestException."""

    def push(self, lines: Iterable[str]) -> None:
        """Store samples in Prometheus' text format, with their times in seconds."""
        self.call("POST", "/api/v1/import/prometheus", data="".join(lines).encode())

    def flush(self) -> None:
        """Let queries see all that has been stored."""
        self.call("GET", "/internal/force_flush")


def storage_command(folder: Path, address: str, *more: str) -> list[str]:
    """Starts a VictoriaMetrics on `address` (host:port) with its data in `folder`."""
    return [
        *command(VICTORIA_METRICS),
        f"-storageDataPath={folder}",
        f"-httpListenAddr={address}",
        "-retentionPeriod=50y",  # a history may be of any date
        "-loggerLevel=WARN",
        *more,
    ]


def ruler_command(rules: Path, storage: str, address: str, *more: str) -> list[str]:
    """Starts a vmalert on `address` (host:port), as docs/rulers.md tells users to.

    It evaluates `rules` on `storage` (http://host:port) and writes records and states there.
    """
    return [
        *command(VMALERT),
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
    storage: Victoria,
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
        asked = ruler_command(file, storage.base, address, *replay)
        subprocess.run(asked, check=True, stdin=subprocess.DEVNULL, timeout=REPLAY_TIMEOUT)
        storage.flush()
