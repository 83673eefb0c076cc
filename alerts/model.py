"""Alerts, rules and groups as frozen values, and their form in Prometheus' rule files."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from alerts.scope import Scope
from contract.document import Json
from contract.durations import Duration, minutes, promql_duration
from contract.fields import too_short
from contract.names import SERVICE


@dataclass(frozen=True)
class RecordingRule:
    """Stores the result of `expr` under the name `record`."""

    record: str
    expr: str


@dataclass(frozen=True)
class AlertingRule:
    """Raises an alert for each series of `expr` that is there for the whole of `for_`."""

    alert: str
    expr: str
    for_: Duration = Field(default=timedelta(), serialization_alias="for")
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class RuleGroup:
    """Rules that are evaluated one after another, every `interval`."""

    name: str
    interval: Duration
    rules: tuple[RecordingRule | AlertingRule, ...]

    def to_dict(self) -> Json:
        """The group as it stands in a rule file."""
        adapter = TypeAdapter(RuleGroup)
        group: Json = adapter.dump_python(self, mode="json", by_alias=True, exclude_defaults=True)
        return group


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
        """The PromQL expression that is compared with `limit`.

        With a limit it must bind tighter than a comparison: outside of brackets it may have only
        arithmetic.
        """

    @abstractmethod
    def annotations(self, scope: Scope) -> dict[str, str]:
        """The `summary`, which says in a line what is wrong, and the `description` of it."""

    def rule(self, scope: Scope, dashboard_url: str) -> AlertingRule:
        """The alerting rule. Its static labels may not have the name of a label of its series."""
        above = "" if self.limit is None else f"\n> {self.limit:.15g}"
        return AlertingRule(
            alert=self.name,
            expr=f"{self.value(scope)}{above}",
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
