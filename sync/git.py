"""What the checkout holds: the files below cluster/, as they are on disk."""

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from delivery.targets import ALERTS, DASHBOARDS, grafana, grafana_alerting

__all__ = ["ALERTS", "Checkout", "FileError"]

ALERTMANAGER = PurePosixPath("cluster/alertmanager/alertmanager.yml")
GRAFANA_ALERTS = grafana_alerting.RULES

Json = dict[str, Any]


class FileError(Exception):
    """A file of the checkout cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Checkout:
    """The files below `root`, the folder that holds cluster/. Each method raises FileError."""

    root: Path

    def rule_groups(self) -> list[Json]:
        """The groups of the rule file."""
        return self._groups(ALERTS)

    def alertmanager(self) -> Json:
        """Alertmanager's configuration."""
        found = self._mapping(ALERTMANAGER)
        if not isinstance(found.get("route"), dict):
            raise FileError(f"{self.root / ALERTMANAGER}: has no `route`: restore it with git")
        return found

    def dashboards(self) -> list[Json]:
        """Every dashboard, by file name."""
        folder = self.root / DASHBOARDS
        files = sorted(folder.glob("*.json"))
        if not files:
            raise FileError(
                f"{folder}: no dashboard is there: run `make build`, with the "
                "target grafana; or leave GRAFANA_URL out"
            )
        return [self._dashboard(file) for file in files]

    def dashboard_folder(self) -> str:
        """The title of the folder that dashboards are provisioned into; empty is the top."""
        if not (self.root / grafana.PROVIDER).exists():
            return ""
        providers = self._mapping(grafana.PROVIDER).get("providers")
        first = providers[0] if isinstance(providers, list) and providers else {}
        return str(first.get("folder") or "").replace("$$", "$")

    def grafana_rule_groups(self) -> list[Json]:
        """The groups of Grafana's own rules; none where the checkout has no such file."""
        return self._groups(GRAFANA_ALERTS) if (self.root / GRAFANA_ALERTS).exists() else []

    def not_as_built(self, path: PurePosixPath, error: Exception) -> FileError:
        """The error for a file that parses, but lacks what the builder writes."""
        what = f"{type(error).__name__}: {error}"
        return FileError(f"{self.root / path}: is not as built ({what}): run `make build`")

    def _groups(self, path: PurePosixPath) -> list[Json]:
        groups = self._mapping(path).get("groups")
        if not isinstance(groups, list) or not all(isinstance(each, dict) for each in groups):
            raise FileError(f"{self.root / path}: has no list `groups`: run `make build`")
        return groups

    def _mapping(self, path: PurePosixPath) -> Json:
        file = self.root / path
        try:
            found = yaml.safe_load(_read(file))
        except yaml.YAMLError as error:
            raise FileError(f"{file}: is no YAML: {error}") from None
        if not isinstance(found, dict):
            raise FileError(f"{file}: is no mapping: restore it with git")
        return found

    @staticmethod
    def _dashboard(file: Path) -> Json:
        try:
            found = json.loads(_read(file))
        except ValueError as error:
            raise FileError(f"{file}: is no JSON: {error}") from None
        if not isinstance(found, dict) or not found.get("uid"):
            raise FileError(f"{file}: is no dashboard with a uid: run `make build`")
        return found


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"{file}: {error.strerror}: run `make build`, or restore it") from None
    except UnicodeDecodeError:
        raise FileError(f"{file}: is no text in UTF-8") from None
