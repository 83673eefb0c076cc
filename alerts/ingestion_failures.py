"""LLMUsageIngestionFailuresCritical: more than 1 % of the flushes failed to persist."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from alerts.increase import aggregated, growth, increase_record, indent, over_window
from alerts.model import Alert, RecordingRule
from alerts.scope import STRICT, Scope
from contract.durations import minutes, promql_duration
from contract.fields import For, SeverityName, Window, at_least
from contract.metrics import USAGE_EVENTS, USAGE_FAILURES, Family


@dataclass(frozen=True, config=STRICT)
class IngestionFailures(Alert):
    """Failures / attempts over a trailing window, by component, provider and model."""

    threshold: Annotated[float, at_least(0.0001, "below it every single failure alerts")] = Field(
        default=0.01, lt=1, description="a share; usage that is lost is never billed"
    )
    window: Window = Field(
        default=minutes(15), description="long enough that a single retry storm does not page"
    )
    for_: For = Field(
        default=minutes(1), description="a second look, and within 4 minutes of a total outage"
    )
    severity: SeverityName = "critical"

    name = "LLMUsageIngestionFailuresCritical"
    urgent = True
    panel = 2
    # Without traffic there is no ratio: the query of an idle or unused system returns nothing. If
    # the query fails, nobody notices lost usage. So Grafana sends an alert DatasourceError with
    # this rule's labels, to the same people.
    no_data, error = "OK", "Error"

    @property
    def limit(self) -> float:
        """The share of failures that alerts."""
        return self.threshold

    def records(self, scope: Scope) -> tuple[RecordingRule, ...]:
        """The failures and attempts of each minute."""
        return increase_record(scope, USAGE_FAILURES), increase_record(scope, USAGE_EVENTS)

    def value(self, scope: Scope) -> str:
        """The share of failures."""
        failures, attempts = (self._total(scope, each) for each in (USAGE_FAILURES, USAGE_EVENTS))
        return (
            "# what the counters grew is more than is recorded after a long gap between scrapes\n"
            f"{failures} / {attempts}"
        )

    def _total(self, scope: Scope, family: Family) -> str:
        """The sum of the window's records, or the counters' growth where that is more."""
        grown = growth(scope, scope.scraped(family.name), self.window)
        recorded = over_window(scope, "sum_over_time", scope.increased(family.name), self.window)
        return aggregated(
            "max",
            scope.usage_labels,
            f'label_replace(\n{indent(grown)},\n  "of", "counters", "", ""\n)\nor {recorded}',
        )

    def annotations(self, scope: Scope) -> dict[str, str]:
        """Whose usage is lost, and how much of it."""
        return {
            "summary": f"LLM usage of {scope.label_set()} is being lost",
            "description": "{{ $value | humanizePercentage }} of the usage flushes of "
            f"{scope.label_set()} failed to persist in the last {promql_duration(self.window)} "
            f"(the limit is {100 * self.threshold:g}%). Their tokens are not in the database and "
            "will not be billed.",
        }
