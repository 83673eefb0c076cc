"""Every threshold, window, `for`, severity and address, once, each with the reason for its value.

The values are the contract's. Builders take a `Config` and read no other source.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from contract.names import DASHBOARD_UID, AlertName


class Severity(StrEnum):
    """Values of the alerts' label `severity`: a critical pages a person, a warning does not."""

    CRITICAL = "critical"
    WARNING = "warning"


def minutes(count: float) -> timedelta:
    """`count` minutes."""
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    """`count` hours."""
    return timedelta(hours=count)


@dataclass(frozen=True)
class FailuresAlert:
    """LLMUsageIngestionFailuresCritical: failures / attempts over a trailing window."""

    threshold: float = 0.01  # one lost execution in a hundred shows up on a bill
    window: timedelta = minutes(15)  # long enough that a single retry storm does not page
    hold: timedelta = minutes(1)  # a second look, and still within 4 minutes of a total outage
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True)
class TokenSpikeAlert:
    """LLMUsageTokenSpikeWarning: a window's tokens against the day's average of that window."""

    factor: float = 3.0  # a day-and-night curve of +-60 % peaks at 1.6 times its average
    window: timedelta = minutes(15)
    baseline: timedelta = hours(24)  # a whole day, so that night and day are both in it
    least_history: timedelta = hours(1)  # an average over less says nothing about a day
    hold: timedelta = minutes(5)  # one large batch job is over by then
    severity: Severity = Severity.WARNING


@dataclass(frozen=True)
class ZeroTrafficAlert:
    """LLMUsageZeroTrafficWarning: no workflow event of any outcome for a window."""

    window: timedelta = minutes(30)
    memory: timedelta = hours(24)  # how long past events count as prior activity
    hold: timedelta = minutes(0)  # the window itself is the wait
    severity: Severity = Severity.WARNING


@dataclass(frozen=True)
class Dashboard:
    """What the panels need beyond the alerts' values."""

    coverage_target_percent: float = 95.0  # the contract's target for 15-minute coverage
    coverage_window: timedelta = minutes(15)
    rate_window: timedelta = minutes(5)  # four scrapes at the slowest supported interval, 1 min
    latency_target_ms: float = 100.0  # an upsert on a database that is not short of anything
    top_models: int = 10  # as many bars as a panel shows without scrolling
    refresh: str = "1m"  # the rules' own pace: a faster refresh shows nothing new
    time_range: timedelta = hours(6)


@dataclass(frozen=True)
class Config:
    """All that a build depends on."""

    failures: FailuresAlert = field(default_factory=FailuresAlert)
    token_spike: TokenSpikeAlert = field(default_factory=TokenSpikeAlert)
    zero_traffic: ZeroTrafficAlert = field(default_factory=ZeroTrafficAlert)
    dashboard: Dashboard = field(default_factory=Dashboard)
    evaluation_interval: timedelta = minutes(1)  # the contract: evaluated every minute
    runbook_base: str = "https://github.com/compozy/compozy-monitoring/blob/main/docs/runbooks"
    grafana_base: str = "http://localhost:3000"  # Grafana's own default address

    def at_speed(self, speed: int) -> "Config":
        """The same with every time of the rules divided by `speed`, for rehearsals.

        The dashboard keeps its times. Raises ValueError for a speed below 1.
        """
        if speed < 1:
            raise ValueError(f"{speed} is no speed: a whole number from 1 on")
        return replace(
            self,
            failures=_faster(self.failures, speed),
            token_spike=_faster(self.token_spike, speed),
            zero_traffic=_faster(self.zero_traffic, speed),
            evaluation_interval=self.evaluation_interval / speed,
        )

    def runbook_url(self, alert: AlertName) -> str:
        """Address of the page that tells what to do about `alert`."""
        return f"{self.runbook_base}/{alert}.md"

    def dashboard_url(self) -> str:
        """Address of the dashboard that shows what an alert is about."""
        return f"{self.grafana_base}/d/{DASHBOARD_UID}"


_Alert = TypeVar("_Alert", FailuresAlert, TokenSpikeAlert, ZeroTrafficAlert)


def _faster(alert: _Alert, speed: int) -> _Alert:
    values = {each.name: getattr(alert, each.name) for each in fields(alert)}
    times: dict[str, Any] = {
        name: value / speed for name, value in values.items() if isinstance(value, timedelta)
    }
    return replace(alert, **times)


def promql_duration(span: timedelta) -> str:
    """`span` as PromQL and rule files write it, in its largest whole units: 90 s is `1m30s`.

    Raises ValueError for a span that is negative or not a whole number of milliseconds.
    """
    milliseconds, rest = divmod(span, timedelta(milliseconds=1))
    if rest or milliseconds < 0:
        raise ValueError(f"{span} is no PromQL duration: whole milliseconds, zero or more")
    if milliseconds == 0:
        return "0s"
    text = ""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        text += f"{count}{unit}" if count else ""
    return text
