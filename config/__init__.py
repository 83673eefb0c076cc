"""The configuration of a build: thresholds, windows, `for`, severities and addresses.

Each value is defined once, with its reason. The defaults are the contract's; an alert's values are
in its module. Builders take a `Config` and read no other source; a `monitoring.yaml` can set other
values, see `config.file`.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from enum import StrEnum
from math import ceil
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from alerts.ingestion_failures import IngestionFailures
from alerts.model import Alert
from alerts.scope import STRICT, Scope
from alerts.token_spike import TokenSpike
from alerts.zero_traffic import ZeroTraffic
from contract.durations import hours, minutes
from contract.fields import Address, Uid, Window, like, too_short

__all__ = ["ALERT_NAMES", "BuildTarget", "Config", "Dashboard"]
__all__ += ["IngestionFailures", "TokenSpike", "ZeroTraffic"]


class BuildTarget(StrEnum):
    """What `make build` can write, see delivery/targets/."""

    PROMETHEUS = "prometheus"
    GRAFANA = "grafana"
    GRAFANA_ALERTING = "grafana-alerting"
    KUBERNETES = "kubernetes"
    MIMIR = "mimir"
    VICTORIAMETRICS = "victoriametrics"


_OF_SERVICES = (BuildTarget.KUBERNETES, BuildTarget.VICTORIAMETRICS)
_LABEL_VALUE = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?")


@dataclass(frozen=True, config=STRICT)
class Dashboard:
    """What Grafana needs beyond the alerts' values."""

    uid: Uid = Field(default="compozy-monitoring", description="stands in links")
    title: str = Field(default="compozy-monitoring", min_length=1)
    folder: Annotated[str, like(r"[^/\s]([^/\n]*[^/\s])?", "the name of one folder")] = Field(
        default="Compozy", description="for alerts as well"
    )
    coverage_target_percent: float = Field(
        default=95.0, gt=0, le=100, description="the contract's target for coverage"
    )
    coverage_window: Window = Field(default=minutes(15), description="as users know it")
    rate_window: Window = Field(
        default=minutes(5), description="four scrapes at the slowest supported interval, 1 min"
    )
    latency_target_ms: float = Field(
        default=100.0, gt=0, le=1e6, description="an upsert on a database that is short of nothing"
    )
    top_models: int = Field(
        default=10, ge=1, le=100, description="as many bars as a panel shows without scrolling"
    )
    refresh: Annotated[str, like(r"[1-9]\d*[smh]", "a duration such as 30s or 1m")] = Field(
        default="1m", description="the rules' pace: faster shows nothing new"
    )
    time_range: Window = Field(default=hours(6), description="shown at first")

    def problems(self) -> Iterator[str]:
        """Windows for which there are too few records."""
        yield from too_short("coverage_window", self.coverage_window)
        yield from too_short("rate_window", self.rate_window)


@dataclass(frozen=True, config=STRICT)
class Config(Scope):
    """Everything that a build depends on. Its fields of the type `Alert` are all the alerts."""

    failures: IngestionFailures = IngestionFailures()
    token_spike: TokenSpike = TokenSpike()
    zero_traffic: ZeroTraffic = ZeroTraffic()
    dashboard: Dashboard = Dashboard()
    datasource_uid: Uid = Field(
        default="compozy-prometheus", description="of Grafana's Prometheus data source"
    )
    grafana_base: Address = Field(
        default="http://localhost:3000", description="where people reach Grafana"
    )
    targets: tuple[BuildTarget, ...] = Field(
        default=tuple(BuildTarget), description="what `make build` writes"
    )

    @property
    def alerts(self) -> dict[str, Alert]:
        """All alerts in order, by their keys in a configuration file."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {key: value for key, value in values.items() if isinstance(value, Alert)}

    def alert(self, name: str) -> Alert:
        """The alert that is called `name`. Raises ValueError if there is none."""
        (found,) = (alert for alert in self.alerts.values() if alert.name == name)
        return found

    def problems(self) -> Iterator[str]:
        """What makes no sense together in a file: the key, its allowed values, and why.

        Code may have it: a rehearsal is faster than scrapes need be.
        """
        if self.evaluation_interval != minutes(1):
            yield "evaluation_interval: is no key of a file: the rules are evaluated once a minute"
        sections: dict[str, Alert | Dashboard] = {**self.alerts, "dashboard": self.dashboard}
        for key, section in sections.items():
            yield from (f"{key}.{problem}" for problem in section.problems())
        if not self.targets:
            yield f"targets: must name one of {', '.join(BuildTarget)} at least"
        of_services = set(self.targets) & set(_OF_SERVICES)
        if of_services == {BuildTarget.VICTORIAMETRICS}:
            yield "targets: victoriametrics is a component of the base of kubernetes: name both"
        jobs = [job for job in self.jobs if not _LABEL_VALUE.fullmatch(job)]
        if of_services and jobs:
            yield (
                f"targets: {' and '.join(_OF_SERVICES)} look for services by `jobs`, and "
                f"{jobs[0]!r} is no value of a Kubernetes label: leave them out of targets"
            )

    def at_speed(self, speed: int) -> "Config":
        """The configuration with every time of the rules divided by `speed`, for rehearsals.

        The windows of the dashboard are divided as well, because its records have the same windows.
        `settle` stays at a second or more, because samples do not arrive faster. Raises ValueError
        for a speed below 1.
        """
        if speed < 1:
            raise ValueError(f"{speed} is no speed: a whole number from 1 on")
        shown = self.dashboard
        changed: dict[str, Any] = {key: _faster(alert, speed) for key, alert in self.alerts.items()}
        return replace(
            self,
            **changed,
            dashboard=replace(_faster(shown, speed), time_range=shown.time_range),
            settle=min(self.settle, timedelta(seconds=ceil(self.settle.total_seconds() / speed))),
            evaluation_interval=self.evaluation_interval / speed,
        )

    def dashboard_url(self) -> str:
        """Address of the dashboard."""
        return f"{self.grafana_base.rstrip('/')}/d/{self.dashboard.uid}"


ALERT_NAMES = tuple(alert.name for alert in Config().alerts.values())
"""The names of all alerts, in order."""


def _faster(section: Any, speed: int) -> Any:
    values = {each.name: getattr(section, each.name) for each in fields(section)}
    times = {name: value / speed for name, value in values.items() if isinstance(value, timedelta)}
    return replace(section, **times)
