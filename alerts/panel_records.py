"""Recording rules that only panels read: what would cost too much at each look.

A panel over a day has 1440 points. What needs fifteen samples for each of them, or all series of a
histogram, is recorded once a minute instead, and the panel reads one sample a point.
"""

from datetime import timedelta

from alerts.increase import increase, over_window, sum_by
from alerts.model import RecordingRule, RuleGroup
from config import Config
from contract.durations import promql_duration
from contract.metrics import BUCKET, USAGE_LATENCY
from contract.names import DASHBOARD_RULE_GROUP, PanelRecord, Record


def group(config: Config) -> RuleGroup:
    """The rule group of `config`, apart from the alerts' so that these never wait for it."""
    coverage, tokens = config.dashboard.coverage_window, config.token_spike.window
    step, latency = config.evaluation_interval, config.dashboard.rate_window
    buckets = increase(config, config.scraped(f"{USAGE_LATENCY.name}_bucket"))
    recent = over_window("sum_over_time", PanelRecord.LATENCY_1M, latency, step)
    records = {
        # Without a failures series, as a healthy label set is, it is 0.
        PanelRecord.FAILURES_15M: (
            f"{_gained(Record.FAILURES_1M, coverage)}\nor 0 * {Record.EVENTS_1M}"
        ),
        PanelRecord.EVENTS_15M: _gained(Record.EVENTS_1M, coverage),
        PanelRecord.PROMPT_TOKENS_15M: _gained(Record.PROMPT_TOKENS_1M, tokens),
        PanelRecord.COMPLETION_TOKENS_15M: _gained(Record.COMPLETION_TOKENS_1M, tokens),
        PanelRecord.LATENCY_1M: sum_by((*config.usage_labels, BUCKET), buckets),
        PanelRecord.LATENCY_5M: f"{recent}\n/ {latency.total_seconds():g}",
    }
    return RuleGroup(
        name=DASHBOARD_RULE_GROUP,
        interval=step,
        rules=tuple(RecordingRule(record, expr) for record, expr in records.items()),
    )


def _gained(record: Record, window: timedelta) -> str:
    """What was gained within `window`.

    The window is whole: this group is evaluated at another second of the minute than the records
    that it reads, and so finds one of each minute.
    """
    return f"sum_over_time({record}[{promql_duration(window)}])"
