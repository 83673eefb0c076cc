"""LLMUsageZeroTrafficWarning: no workflow event of any outcome, after earlier activity."""

from collections.abc import Iterator

from pydantic import Field
from pydantic.dataclasses import dataclass

from alerts.increase import aggregated, at, first_seen, increase_record, over_window
from alerts.model import Alert, RecordingRule
from alerts.scope import STRICT, Scope, templated
from contract.durations import hours, minutes, promql_duration
from contract.fields import For, SeverityName, Window, too_short
from contract.metrics import USAGE_EVENTS, Component, Label

LEAST_FIRING = minutes(10)
"""The alert fires up to 3 minutes after the window, and must last until somebody has seen it."""


@dataclass(frozen=True, config=STRICT)
class ZeroTraffic(Alert):
    """No workflow event in a window, although there were some before it."""

    window: Window = Field(default=minutes(30), description="without any event of a workflow")
    lookback: Window = Field(
        default=hours(24), description="how long past events count as prior activity"
    )
    for_: For = Field(default=minutes(0), description="the window itself is the wait")
    severity: SeverityName = "warning"

    name = "LLMUsageZeroTrafficWarning"
    panel = 6
    # An empty result is good here: the query returns only components that are silent. If the query
    # fails, the critical alert reports that, which is enough.
    no_data, error = "OK", "KeepLast"

    def activity_record(self, scope: Scope) -> str:
        """Name of the record of a component's events in a minute, present if there were any."""
        return scope.increased(USAGE_EVENTS.name, None, *scope.component_labels)

    def records(self, scope: Scope) -> tuple[RecordingRule, ...]:
        """All attempts, and the workflows' attempts including the first values of new targets."""
        attempts = increase_record(scope, USAGE_EVENTS)
        events = f'{attempts.record}{{{Label.COMPONENT}="{Component.WORKFLOW}"}}'
        either = f"{events}\nor {first_seen(scope, _workflow_events(scope))}"
        activity = aggregated("sum", scope.component_labels, either)
        return attempts, RecordingRule(self.activity_record(scope), activity)

    def value(self, scope: Scope) -> str:
        """The component that is silent."""
        activity, step = self.activity_record(scope), scope.evaluation_interval
        seen = over_window(scope, "sum_over_time", activity, self.window)
        events = _workflow_events(scope)
        by = f"by ({', '.join(scope.component_labels)})"
        return (
            "(\n"
            # As of two steps ago: whatever was new then has been recorded as activity by now, on
            # every engine.
            f"  max {by} ({at(scope, events, 2 * step)}) > 0\n"
            f"  or sum_over_time({activity}[{promql_duration(self.lookback)}]) > 0\n"
            ")\n"
            f"unless {seen} > 0\n"
            # Growth while the target was not scraped is in no minute's record, but shows here.
            f"unless count {by} ({events} > {events} offset {promql_duration(self.window)})"
        )

    def annotations(self, scope: Scope) -> dict[str, str]:
        """Which component is silent, and for how long."""
        component, window = templated(Label.COMPONENT), promql_duration(self.window)
        return {
            "summary": f"No {component} usage{scope.system()} for {window}",
            "description": f"No LLM usage event of component {component}{scope.system()}, "
            f"successful or failed, has been seen for {window}, after earlier activity.",
        }

    def problems(self) -> Iterator[str]:
        """Also a lookback that ends before anybody has seen the alert."""
        yield from super().problems()
        least = self.window + self.for_ + LEAST_FIRING
        why = "the activity would be forgotten as soon as its end is told"
        yield from too_short("lookback", self.lookback, least, why)


def _workflow_events(scope: Scope) -> str:
    """Selector of the flush attempts of workflows."""
    return scope.scraped(USAGE_EVENTS.name, f'{Label.COMPONENT}="{Component.WORKFLOW}"')
