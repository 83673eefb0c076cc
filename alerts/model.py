"""Rules and groups as frozen values, and how Prometheus' rule-file format spells them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from contract.durations import promql_duration


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
    """An alert for each series of `value` that is `above` a limit over the whole of `for_`.

    Without a limit every series of `value` is one. With one, `value` binds tighter than a
    comparison: nothing in it stands outside of brackets but arithmetic.
    """

    alert: str
    value: str
    for_: timedelta
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    above: float | None = None

    @property
    def expr(self) -> str:
        """What returns the series that alert: `value`, compared with the limit that it has."""
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
    """Rules that are evaluated one after another, every `interval`, `query_offset` in the past."""

    name: str
    interval: timedelta
    rules: tuple[RecordingRule | AlertingRule, ...]
    query_offset: timedelta = timedelta(0)

    def to_dict(self) -> dict[str, Any]:
        """The group as it stands in a rule file."""
        offset = {"query_offset": promql_duration(self.query_offset)} if self.query_offset else {}
        return {
            "name": self.name,
            "interval": promql_duration(self.interval),
            **offset,
            "rules": [rule.to_dict() for rule in self.rules],
        }
