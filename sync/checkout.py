"""Read the files below cluster/ from disk."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import yaml

from delivery.targets import DASHBOARDS, grafana, grafana_alerting

ALERTMANAGER = PurePosixPath("cluster/alertmanager/alertmanager.yml")
GRAFANA_ALERTS = grafana_alerting.RULES

Json = dict[str, Any]
Group = TypeVar("Group")


class FileError(Exception):
    """A file of the checkout cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Checkout:
    """The files below `root`, the folder that holds cluster/. Each method raises FileError."""

    root: Path

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
        found = self._read(grafana.PROVIDER, yaml.safe_load, "providers", list)
        return grafana.read(found["providers"][0].get("folder") or "")

    def parsed(self, path: PurePosixPath, parse: Callable[[Json], Group]) -> list[Group]:
        """The groups of a file of rules, each parsed by `parse`."""
        found = self._read(path, yaml.safe_load, "groups", list)["groups"]
        try:
            return [parse(group) for group in found]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise FileError(
                f"{self.root / path}: is not as built ({what}): run `make build`"
            ) from None

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
