"""VictoriaMetrics and its ruler vmalert: their commands, and what tests ask of their APIs."""

import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from alerts.model import RuleGroup
from delivery.render import to_yaml
from stack.history import in_levels
from stack.prometheus import PrometheusApi
from stack.supervisor import StackError
from tools import victoria
from tools.pinned import command
from tools.process import finished

REPLAY_TIMEOUT = 300
"""Seconds for one replay of rules over a day; it takes about two."""

IMPORT_TIMEOUT = 120
"""Seconds for one call that stores samples, or makes them seen."""

_RETENTION = "50y"  # a history may be of any date


def storage_command(folder: Path, address: str, *more: str) -> list[str]:
    """Starts a VictoriaMetrics on `address` (host:port) with its data in `folder`."""
    return [
        *command(victoria.STORAGE),
        f"-storageDataPath={folder}",
        f"-httpListenAddr={address}",
        f"-retentionPeriod={_RETENTION}",
        "-loggerLevel=WARN",
        *more,
    ]


def ruler_command(rules: Path, storage: str, address: str, notifier: str) -> list[str]:
    """Starts a vmalert on `address` (host:port), as docs/rulers.md tells users to.

    It evaluates `rules` on `storage`, writes records and states there, takes up the states that it
    finds there, and sends alerts to `notifier` (both http://host:port).
    """
    return [
        *_ruler(rules, storage, address),
        f"-remoteRead.url={storage}",
        f"-notifier.url={notifier}",
    ]


def backfill(
    groups: Sequence[RuleGroup], folder: Path, storage: str, address: str, span: tuple[int, int]
) -> None:
    """Let vmalert's replay write to `storage` what `groups` would have over `span` (Unix seconds).

    A rule reads what is on the disk, which what the one before it wrote is after some seconds: so
    rules that read others are replayed once those are written. Raises StackError where it fails.
    """
    for number, level in enumerate(_levels(groups)):
        rules = folder / f"level-{number}.yaml"
        text = to_yaml({"groups": [one.to_dict() for one in level]}, comment="A part, to replay.")
        rules.write_text(text, encoding="utf-8")
        _replay([*_ruler(rules, storage, address), *_over(*span)])
        Victoria(storage, IMPORT_TIMEOUT).flush()


class Victoria(PrometheusApi):
    """The HTTP API of the VictoriaMetrics at `base`. Calls raise requests.RequestException."""

    def push(self, lines: Iterable[str]) -> None:
        """Store samples in Prometheus' text format, with their times in seconds."""
        self.call("POST", "/api/v1/import/prometheus", data="".join(lines).encode())

    def flush(self) -> None:
        """Let queries see all that has been stored."""
        self.call("GET", "/internal/force_flush")


def _ruler(rules: Path, storage: str, address: str) -> list[str]:
    return [
        *command(victoria.VMALERT),
        f"-rule={rules}",
        f"-httpListenAddr={address}",
        f"-datasource.url={storage}",
        f"-remoteWrite.url={storage}",
        "-disableAlertgroupLabel",  # the same labels as from Prometheus
        "-loggerLevel=WARN",
    ]


def _over(begin: int, end: int) -> list[str]:
    return [
        f"-replay.timeFrom={datetime.fromtimestamp(begin, UTC):%FT%TZ}",
        f"-replay.timeTo={datetime.fromtimestamp(end, UTC):%FT%TZ}",
        "-replay.disableProgressBar",
        "-replay.rulesDelay=0s",  # no rule of a level reads another
        "-notifier.blackhole",
    ]


def _levels(groups: Sequence[RuleGroup]) -> list[list[RuleGroup]]:
    """The rules of `groups`, in levels: none reads a record of its own level or a later one."""
    return [
        [
            RuleGroup(group.name, group.interval, kept)
            for group in groups
            if (kept := tuple(rule for rule in group.rules if rule in level))
        ]
        for level in in_levels(groups)
    ]


def _replay(replay: list[str]) -> None:
    try:
        done = finished(replay, REPLAY_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise StackError(f"vmalert's replay took over {REPLAY_TIMEOUT} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise StackError(f"vmalert's replay failed: {said[-1]}")
