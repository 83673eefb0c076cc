"""Read the files below cluster/ from disk."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from delivery.targets import ALERTS, DASHBOARDS, grafana, grafana_alerting

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

    def grafana_rule_groups(self) -> list[Json]:
        """The groups of Grafana's own rules; none if the checkout has no such file."""
        return self._groups(GRAFANA_ALERTS) if (self.root / GRAFANA_ALERTS).exists() else []

    def alertmanager(self) -> Json:
        """Alertmanager's configuration."""
        return self._read(ALERTMANAGER, yaml.safe_load, "route", dict)

    def dashboards(self) -> list[Json]:
        """Every dashboard, sorted by file name."""
        files = sorted((self.root / DASHBOARDS).glob("*.json"))
        if not files:
            raise FileError(
                f"{self.root / DASHBOARDS}: no dashboard is there: run `make build`, with the "
                "target grafana; or leave GRAFANA_URL out"
            )
        return [self._read(DASHBOARDS / file.name, json.loads, "uid", str) for file in files]

    def dashboard_folder(self) -> str:
        """The title of the folder that dashboards are provisioned into; empty for the top level."""
        if not (self.root / grafana.PROVIDER).exists():
            return ""
        (provider, *_) = self._read(grafana.PROVIDER, yaml.safe_load, "providers", list)[
            "providers"
        ]
        return grafana.read(provider.get("folder") or "")

    def parsed(self, path: PurePosixPath, parse: Callable[[Json], Any], parts: list[Json]) -> Any:
        """The file's `parts`, each parsed by `parse`; they must be as the builder writes them."""
        try:
            return [parse(part) for part in parts]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise FileError(
                f"{self.root / path}: is not as built ({what}): run `make build`"
            ) from None

    def _groups(self, path: PurePosixPath) -> list[Json]:
        found: list[Json] = self._read(path, yaml.safe_load, "groups", list)["groups"]
        return found

    def _read(self, path: PurePosixPath, load: Callable[[str], Any], key: str, kind: type) -> Json:
        """The parsed file, which must have a value of `kind` at `key`."""
        file = self.root / path
        advice = "run `make build`, or restore it with git"
        try:
            found = load(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise FileError(f"{file}: {error.strerror}: {advice}") from None
        except UnicodeDecodeError:
            raise FileError(f"{file}: is no text in UTF-8: {advice}") from None
        except (yaml.YAMLError, ValueError) as error:
            raise FileError(f"{file}: is no {path.suffix[1:].upper()}: {error}: {advice}") from None
        if not isinstance(found, dict) or not isinstance(found.get(key), kind) or not found[key]:
            raise FileError(f"{file}: has no {kind.__name__} `{key}`: {advice}")
        return found
