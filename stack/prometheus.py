"""A Prometheus for the stack: its configuration, its command, and a client of its API."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stack.supervisor import Supervisor
from tools.http import TIMEOUT, Api
from tools.locate import find


@dataclass(frozen=True)
class RuleState:
    """A rule as Prometheus sees it: `state` is an alert's (inactive, ...) and empty for records."""

    name: str
    health: str
    state: str
    error: str


def configuration(rules: Path, targets: Path, alertmanager: str, *, scrape: int, job: str) -> str:
    """The text of a configuration that loads `rules` and scrapes `targets` every `scrape` seconds.

    `targets` is a file written by `target_list`, which may change later; its series get the label
    `job`. Alerts are sent to `alertmanager` (host:port).
    """
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": f"{scrape}s", "scrape_timeout": f"{scrape}s"},
            "rule_files": [re.sub(r"([*?\[\\])", r"\\\1", str(rules))],  # a name, no pattern
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}],
            },
            "scrape_configs": [
                {
                    "job_name": job,
                    "file_sd_configs": [{"files": [str(targets)], "refresh_interval": "5s"}],
                }
            ],
        },
        sort_keys=False,
    )


def target_list(exporters: Sequence[str]) -> str:
    """The text of the file that lists the exporters (host:port) for Prometheus."""
    return json.dumps([{"targets": list(exporters)}])


def own_page(command: Sequence[str]) -> list[str]:
    """The arguments for Prometheus' web page: Debian's unpacked build needs its files' path."""
    web = Path(command[0]).parent.parent / "share/prometheus/web"
    return [f"--web.local-assets={web}"] if len(command) == 1 and web.is_dir() else []


class PrometheusApi(Api):
    """The HTTP API of a Prometheus."""

    def __str__(self) -> str:
        """The name and address, for people."""
        return f"Prometheus at {self.base}"

    def query(self, expr: str, at: int | None = None) -> list[dict[str, Any]]:
        """The samples of `expr` at `at` (Unix seconds), by default now."""
        moment = {} if at is None else {"time": str(at)}
        found: list[dict[str, Any]] = self._data("query", query=expr, **moment)["result"]
        return found

    def query_range(self, expr: str, start: int, end: int, step: int) -> list[dict[str, Any]]:
        """The samples of `expr` from `start` to `end` (Unix seconds), every `step` seconds."""
        span = {"start": str(start), "end": str(end), "step": str(step)}
        found: list[dict[str, Any]] = self._data("query_range", query=expr, **span)["result"]
        return found

    def range_samples(self, expr: str, start: int, end: int, step: int) -> int:
        """How many samples Prometheus reports to read for `expr` at all steps of a range."""
        span = {"start": str(start), "end": str(end), "step": str(step)}
        data = self._data("query_range", query=expr, stats="all", **span)
        return int(data["stats"]["samples"]["totalQueryableSamples"])

    def queryable_samples(self, expr: str, at: int) -> int:
        """How many samples Prometheus reports to read for `expr` at `at` (Unix seconds)."""
        data = self._data("query", query=expr, time=str(at), stats="all")
        return int(data["stats"]["samples"]["totalQueryableSamples"])

    def series(self, family: str) -> int:
        """How many series `family` has, including a histogram's parts."""
        name = f"{family}(_bucket|_sum|_count)?"
        found = self.query(f'count({{__name__=~"{name}"}})')
        return int(found[0]["value"][1]) if found else 0

    def rules(self) -> list[RuleState]:
        """Every loaded rule, in the order in which it is evaluated."""
        return [
            RuleState(
                rule["name"], rule["health"], rule.get("state", ""), rule.get("lastError", "")
            )
            for group in self._data("rules")["groups"]
            for rule in group["rules"]
        ]

    def alerts(self, name: str | None = None) -> list[dict[str, Any]]:
        """The alerts called `name`, or all, that are pending or firing.

        Each has labels, state and activeAt.
        """
        found: list[dict[str, Any]] = self._data("alerts")["alerts"]
        return [alert for alert in found if name in (None, alert["labels"]["alertname"])]

    def _data(self, path: str, **parameters: str) -> dict[str, Any]:
        data: dict[str, Any] = self.get(f"/api/v1/{path}", **parameters)["data"]
        return data


def started(
    supervisor: Supervisor,
    config: Path,
    address: str,
    *more: str,
    name: str = "prometheus",
    timeout: float = TIMEOUT,
) -> PrometheusApi:
    """Start a Prometheus on `address` (host:port) with the arguments `more`, and await it.

    Its samples are in `supervisor`'s folder. A query may take `timeout` seconds.
    """
    command = find("prometheus").command
    api = PrometheusApi(f"http://{address}", timeout)
    arguments = (
        f"--config.file={config}",
        f"--storage.tsdb.path={supervisor.folder / name}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    )
    supervisor.start(name, [*command, *arguments, *own_page(command), *more], api.ready)
    return api
