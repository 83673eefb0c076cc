"""Every threshold, window, `for`, severity and address, once, each with the reason for its value.

The defaults are the contract's. Builders take a `Config` and read no other source; a
`monitoring.yaml` can give other values, see `config.file`.
"""

import re
from dataclasses import fields, replace
from datetime import timedelta
from enum import StrEnum
from math import ceil
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from contract.durations import Duration, hours, minutes
from contract.metrics import USAGE_LABELS, Label, TargetLabel
from contract.names import DASHBOARD_TITLE, DASHBOARD_UID, AlertName


class Severity(StrEnum):
    """The contract's values of the alerts' label `severity`: a critical pages a person."""

    CRITICAL = "critical"
    WARNING = "warning"


class Target(StrEnum):
    """What `make build` can write, see delivery/targets/."""

    PROMETHEUS = "prometheus"
    GRAFANA = "grafana"
    GRAFANA_ALERTING = "grafana-alerting"
    KUBERNETES = "kubernetes"
    MIMIR = "mimir"
    VICTORIAMETRICS = "victoriametrics"


_STRICT = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)


def _like(pattern: str, kind: str) -> AfterValidator:
    """A check that a text is of a `kind` that `pattern` tells."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"must be {kind}, not {text!r}")
        return text

    return AfterValidator(check)


def _some(values: tuple[Target, ...]) -> tuple[Target, ...]:
    if not values:
        raise ValueError(f"must name one of {', '.join(Target)} at least")
    return values


_Severity = Annotated[str, _like(r"[a-z][a-z0-9_-]*", "a word in small letters")]
_LabelName = Annotated[str, _like(r"[a-zA-Z_][a-zA-Z0-9_]*", "the name of a label")]
_Job = Annotated[str, _like(r"[a-zA-Z0-9_:./-]+", "the name of a job, not a pattern")]
_Address = Annotated[
    # Templates, Grafana's variables and a query would have a meaning of their own in the middle.
    str,
    _like(r"https?://[^\s/{}$?#]+(/[^\s{}$?#]*)?", "an address with http(s)://, without ?, # or $"),
]
_Uid = Annotated[str, _like(r"[a-zA-Z0-9_-]{1,40}", "letters, digits, - and _, 40 at most")]
_For = Annotated[Duration, Field(ge=minutes(0), validation_alias="for", serialization_alias="for")]
_Window = Annotated[Duration, Field(gt=minutes(0), le=hours(24 * 31))]
"""A month at most: no more is kept by a Prometheus, or shown by a panel."""


@dataclass(frozen=True, config=_STRICT)
class FailuresAlert:
    """LLMUsageIngestionFailuresCritical: failures / attempts over a trailing window."""

    threshold: Annotated[
        float, Field(gt=0, lt=1, description="a share; one lost execution in a hundred is billed")
    ] = 0.01
    window: Annotated[
        _Window, Field(description="long enough that a single retry storm does not page")
    ] = minutes(15)
    for_: Annotated[
        _For, Field(description="a second look, and within 4 minutes of a total outage")
    ] = minutes(1)
    severity: Annotated[_Severity, Field(description="of the alert's label")] = Severity.CRITICAL


@dataclass(frozen=True, config=_STRICT)
class TokenSpikeAlert:
    """LLMUsageTokenSpikeWarning: a window's tokens against the day's average of that window."""

    factor: Annotated[
        float,
        Field(ge=1.5, le=100, description="a day-and-night curve of +-60 % peaks at 1.6 times"),
    ] = 3.0
    window: Annotated[_Window, Field(description="whose tokens are compared")] = minutes(15)
    baseline: Annotated[
        _Window, Field(description="a whole day, so that night and day are both in it")
    ] = hours(24)
    min_history: Annotated[
        _Window, Field(description="an average over less says nothing about a day")
    ] = hours(1)
    for_: Annotated[_For, Field(description="one large batch job is over by then")] = minutes(5)
    severity: Annotated[_Severity, Field(description="of the alert's label")] = Severity.WARNING


@dataclass(frozen=True, config=_STRICT)
class ZeroTrafficAlert:
    """LLMUsageZeroTrafficWarning: no workflow event of any outcome for a window."""

    window: Annotated[_Window, Field(description="without any event of a workflow")] = minutes(30)
    lookback: Annotated[
        _Window, Field(description="how long past events count as prior activity")
    ] = hours(24)
    for_: Annotated[_For, Field(description="the window itself is the wait")] = minutes(0)
    severity: Annotated[_Severity, Field(description="of the alert's label")] = Severity.WARNING


@dataclass(frozen=True, config=_STRICT)
class Dashboard:
    """What Grafana needs beyond the alerts' values."""

    uid: Annotated[_Uid, Field(description="stands in links")] = DASHBOARD_UID
    title: Annotated[str, Field(min_length=1)] = DASHBOARD_TITLE
    folder: Annotated[
        str,
        _like(r"[^/\s]([^/\n]*[^/\s])?", "the name of one folder"),
        Field(description="for alerts as well"),
    ] = "Compozy"
    coverage_target_percent: Annotated[
        float, Field(gt=0, le=100, description="the contract's target for coverage")
    ] = 95.0
    coverage_window: Annotated[_Window, Field(description="as users know it")] = minutes(15)
    rate_window: Annotated[
        _Window, Field(description="four scrapes at the slowest supported interval, 1 min")
    ] = minutes(5)
    latency_target_ms: Annotated[
        float, Field(gt=0, le=1e6, description="an upsert on a database that is short of nothing")
    ] = 100.0
    top_models: Annotated[
        int, Field(ge=1, le=100, description="as many bars as a panel shows without scrolling")
    ] = 10
    refresh: Annotated[
        str,
        _like(r"[1-9]\d*[smh]", "a duration such as 30s or 1m"),
        Field(description="the rules' pace: faster shows nothing new"),
    ] = "1m"
    time_range: Annotated[_Window, Field(description="shown at first")] = hours(6)


@dataclass(frozen=True, config=_STRICT)
class Config:
    """All that a build depends on."""

    failures: FailuresAlert = FailuresAlert()
    token_spike: TokenSpikeAlert = TokenSpikeAlert()
    zero_traffic: ZeroTrafficAlert = ZeroTrafficAlert()
    dashboard: Dashboard = Dashboard()
    labels: Annotated[
        tuple[_LabelName, ...],
        Field(
            max_length=10,
            description="target labels to tell systems apart by, such as [cluster, namespace]",
        ),
    ] = ()
    jobs: Annotated[
        tuple[_Job, ...],
        Field(
            max_length=100,
            description="values of `job` that are Compozy's; none: whatever has its metrics",
        ),
    ] = ()
    settle: Annotated[
        Duration,
        Field(
            ge=minutes(0),
            le=minutes(5),
            description="how late samples may arrive; 10s is Prometheus' default scrape time-out",
        ),
    ] = timedelta(seconds=10)
    datasource_uid: Annotated[_Uid, Field(description="of Grafana's Prometheus data source")] = (
        "compozy-prometheus"
    )
    runbook_base: Annotated[_Address, Field(description="address of the folder of runbooks")] = (
        "https://github.com/compozy/compozy-monitoring/blob/main/docs/runbooks"
    )
    grafana_base: Annotated[_Address, Field(description="where people reach Grafana")] = (
        "http://localhost:3000"
    )
    targets: Annotated[
        tuple[Target, ...], AfterValidator(_some), Field(description="what `make build` writes")
    ] = tuple(Target)
    evaluation_interval: Annotated[
        Duration, Field(gt=minutes(0), exclude=True, description="the contract's minute")
    ] = minutes(1)

    @property
    def alerts(self) -> dict[AlertName, FailuresAlert | TokenSpikeAlert | ZeroTrafficAlert]:
        """The values of each alert, by its name."""
        return {
            AlertName.FAILURES: self.failures,
            AlertName.TOKEN_SPIKE: self.token_spike,
            AlertName.ZERO_TRAFFIC: self.zero_traffic,
        }

    @property
    def usage_labels(self) -> tuple[str, ...]:
        """What tells one label set from another: system, component, provider and model."""
        return (*self.labels, *USAGE_LABELS)

    @property
    def component_labels(self) -> tuple[str, ...]:
        """What an alert on a component keeps."""
        return (*self.labels, Label.COMPONENT)

    @property
    def target_labels(self) -> tuple[str, ...]:
        """What tells one scraped target from another."""
        return (*TargetLabel, *self.labels)

    def scraped(self, name: str, *matchers: str) -> str:
        """The selector of Compozy's scraped series of `name`."""
        found = list(matchers)
        if len(self.jobs) == 1:
            found.append(f'{TargetLabel.JOB}="{self.jobs[0]}"')
        elif self.jobs:
            found.append(f'{TargetLabel.JOB}=~"{self.jobs_pattern}"')
        return f"{name}{{{', '.join(found)}}}" if found else name

    @property
    def jobs_pattern(self) -> str:
        """What matches the jobs, as it stands in quotes after =~; empty where there are none."""
        return "|".join(job.replace(".", r"\\.") for job in self.jobs)

    def at_speed(self, speed: int) -> "Config":
        """The same with every time of the rules divided by `speed`, for rehearsals.

        So are the windows of the dashboard, which are those of its records. Samples get a second to
        arrive at least: they do not come faster. Raises ValueError for a speed below 1.
        """
        if speed < 1:
            raise ValueError(f"{speed} is no speed: a whole number from 1 on")
        return replace(
            self,
            failures=_faster(self.failures, speed),
            token_spike=_faster(self.token_spike, speed),
            zero_traffic=_faster(self.zero_traffic, speed),
            dashboard=replace(
                self.dashboard,
                coverage_window=self.dashboard.coverage_window / speed,
                rate_window=self.dashboard.rate_window / speed,
            ),
            settle=min(self.settle, timedelta(seconds=ceil(self.settle.total_seconds() / speed))),
            evaluation_interval=self.evaluation_interval / speed,
        )

    def runbook_url(self, alert: AlertName) -> str:
        """Address of the page that tells what to do about `alert`."""
        return f"{self.runbook_base.rstrip('/')}/{alert}.md"

    def dashboard_url(self) -> str:
        """Address of the dashboard that shows what an alert is about."""
        return f"{self.grafana_base.rstrip('/')}/d/{self.dashboard.uid}"


_Alert = TypeVar("_Alert", FailuresAlert, TokenSpikeAlert, ZeroTrafficAlert)


def _faster(alert: _Alert, speed: int) -> _Alert:
    values = {each.name: getattr(alert, each.name) for each in fields(alert)}
    times: dict[str, Any] = {
        name: value / speed for name, value in values.items() if isinstance(value, timedelta)
    }
    return replace(alert, **times)
