"""Alerts, rules and groups as frozen values, and their form in Prometheus' rule files."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from alerts.scope import Scope
from contract.durations import minutes, promql_duration
from contract.fields import too_short
from contract.names import SERVICE


@dataclass(frozen=True)
class RecordingRule:
    """Stores the result of `expr` under the name `record`."""

    record: str
    expr: str

    def to_dict(self) -> dict[str, Any]:
        """The rule as it stands in a rule file."""
        return {"record": self.record, "expr": self.expr}


@dataclass(frozen=True)
class AlertingRule:
    """An alert for each series of `value` that is `above` a limit for the whole of `for_`.

    Without a limit every series of `value` alerts. With a limit, `value` must bind tighter than a
    comparison: outside of brackets it may have only arithmetic.
    """

    alert: str
    value: str
    for_: timedelta
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    above: float | None = None

    @property
    def expr(self) -> str:
        """The expression of the rule: `value`, compared with the limit if there is one."""
        if self.above is None:
            return self.value
        return f"{self.value}\n> {self.above:g}"

    def to_dict(self) -> dict[str, Any]:
        """The rule as it stands in a rule file; a `for` of zero is its default, and left out."""
        for_ = {"for": promql_duration(self.for_)} if self.for_ else {}
        return {
            "alert": self.alert,
            "expr": self.expr,
            **for_,
            "labels": self.labels,
            "annotations": self.annotations,
        }


@dataclass(frozen=True)
class RuleGroup:
    """Rules that are evaluated one after another, every `interval`."""

    name: str
    interval: timedelta
    rules: tuple[RecordingRule | AlertingRule, ...]

    def to_dict(self) -> dict[str, Any]:
        """The group as it stands in a rule file."""
        return {
            "name": self.name,
            "interval": promql_duration(self.interval),
            "rules": [rule.to_dict() for rule in self.rules],
        }


class Alert(ABC):
    """An alert: its configuration, and everything that is derived from that.

    A subclass is a pydantic dataclass whose fields are its section of the configuration file. All
    have `window`, the time range that the alert looks at; `for_`, how long its condition must hold
    before it fires; and `severity`, the value of that label.
    """

    name: ClassVar[str]
    """Also that of its page `docs/runbooks/<name>.md`."""
    urgent: ClassVar[bool] = False
    """Whether it should wake somebody up; its annotations in the dashboard are then red."""
    panel: ClassVar[int]
    """The id of the panel that shows the alert's value."""
    no_data: ClassVar[str]
    """How Grafana treats a query that returns nothing: a value of `noDataState`."""
    error: ClassVar[str]
    """How Grafana treats a query that fails: a value of `execErrState`."""

    window: timedelta
    for_: timedelta
    severity: str

    @property
    def limit(self) -> float | None:
        """What `value` must exceed to alert; None if each series that it returns is an alert."""
        return None

    @abstractmethod
    def records(self, scope: Scope) -> tuple[RecordingRule, ...]:
        """The recording rules that `value` reads, in order; other alerts may share them."""

    @abstractmethod
    def value(self, scope: Scope) -> str:
        """The PromQL expression that is compared with `limit`."""

    @abstractmethod
    def annotations(self, scope: Scope) -> dict[str, str]:
        """The `summary`, which says in a line what is wrong, and the `description` of it."""

    def rule(self, scope: Scope, dashboard_url: str) -> AlertingRule:
        """The alerting rule. Its static labels may not have the name of a label of its series."""
        return AlertingRule(
            alert=self.name,
            value=self.value(scope),
            above=self.limit,
            for_=self.for_,
            labels={"service": SERVICE, "severity": self.severity},
            annotations={
                **self.annotations(scope),
                "runbook_url": scope.runbook_url(self.name),
                "dashboard_url": dashboard_url,
            },
        )

    def problems(self) -> Iterator[str]:
        """What would make the alert meaningless, if its rule is evaluated once a minute."""
        window, for_ = promql_duration(self.window), promql_duration(self.for_)
        yield from too_short("window", self.window)
        if self.for_ % minutes(1):
            yield f"for: must be whole minutes, not {for_}: the rules are evaluated once a minute"
        if self.for_ > self.window:
            yield (
                f"for: must be {window} or less, as the window is, not {for_}: what lasts less "
                "than the window could end unseen"
            )
