"""Recording rules that only panels read, for values that are too expensive to query each time.

A panel over a day has 1440 points. A value that needs fifteen samples for each of them, or all
series of a histogram, is recorded once a minute, so that the panel reads one sample per point.
"""

from datetime import timedelta

from alerts.increase import aggregated, increase, over_window
from alerts.model import RecordingRule, RuleGroup
from alerts.scope import Scope
from contract.durations import promql_duration
from contract.metrics import (
    BUCKET,
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_BUCKETS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Family,
)
from contract.names import DASHBOARD_RULE_GROUP


def group(scope: Scope, *, coverage: timedelta, tokens: timedelta, latency: timedelta) -> RuleGroup:
    """The rule group for panels with these windows.

    It is separate from the alerts' group, so that the alerts never wait for it.
    """
    attempts = scope.increased(USAGE_EVENTS.name)
    failures, *others = (
        _gained(scope, family, window)
        for family, window in (
            (USAGE_FAILURES, coverage),
            (USAGE_EVENTS, coverage),
            (PROMPT_TOKENS, tokens),
            (COMPLETION_TOKENS, tokens),
        )
    )
    minute = scope.increased(USAGE_BUCKETS, None, *_bucket_labels(scope))
    buckets = aggregated(
        "sum", _bucket_labels(scope), increase(scope, scope.scraped(USAGE_BUCKETS))
    )
    recent = over_window(scope, "sum_over_time", minute, latency)
    return RuleGroup(
        name=DASHBOARD_RULE_GROUP,
        interval=scope.evaluation_interval,
        rules=(
            # A healthy label set has no failures series: then it is 0.
            RecordingRule(failures.record, f"{failures.expr}\nor 0 * {attempts}"),
            *others,
            RecordingRule(minute, buckets),
            RecordingRule(
                latency_record(scope, latency), f"{recent}\n/ {latency.total_seconds():g}"
            ),
        ),
    )


def latency_record(scope: Scope, window: timedelta) -> str:
    """Name of the record of the per-second rate of each latency bucket over `window`."""
    return scope.record(USAGE_BUCKETS, f"rate{promql_duration(window)}", *_bucket_labels(scope))


def _bucket_labels(scope: Scope) -> tuple[str, ...]:
    return (*scope.usage_labels, BUCKET)


def _gained(scope: Scope, family: Family, window: timedelta) -> RecordingRule:
    """The rule that records what `family` gained within `window`.

    The range is the whole window, unlike that of `over_window`: this group is evaluated at another
    second of the minute than the records that it reads, so no record is on the range's edge.
    """
    expr = f"sum_over_time({scope.increased(family.name)}[{promql_duration(window)}])"
    return RecordingRule(scope.increased(family.name, window), expr)
