"""Recording rules that only panels read: what would cost too much at each look.

A panel over a day has 1440 points. What needs fifteen samples for each of them, or all series of a
histogram, is recorded once a minute instead, and the panel reads one sample a point.
"""

from datetime import timedelta

from contract.config import Config
from contract.durations import promql_duration
from contract.metrics import USAGE_LATENCY
from contract.names import PanelRecord, Record

BUCKET = "le"
"""The label of a histogram's bucket: its upper bound in seconds."""


def records(config: Config) -> dict[PanelRecord, str]:
    """The expression of each record."""
    coverage, tokens = config.dashboard.coverage_window, config.token_spike.window
    failures = _gained(Record.FAILURES_1M, coverage)
    return {
        # Without a failures series, as a healthy pair is, it is 0.
        PanelRecord.FAILURES_15M: f"{failures}\nor 0 * {Record.EVENTS_1M}",
        PanelRecord.EVENTS_15M: _gained(Record.EVENTS_1M, coverage),
        PanelRecord.PROMPT_TOKENS_15M: _gained(Record.PROMPT_TOKENS_1M, tokens),
        PanelRecord.COMPLETION_TOKENS_15M: _gained(Record.COMPLETION_TOKENS_1M, tokens),
        PanelRecord.LATENCY_5M: _bucket_rates(config),
    }


def _gained(record: Record, window: timedelta) -> str:
    """What was gained within `window`.

    The window is whole: this group is evaluated at another second of the minute than the records
    that it reads, and so finds one of each minute.
    """
    return f"sum_over_time({record}[{promql_duration(window)}])"


def _bucket_rates(config: Config) -> str:
    """The histogram's buckets as rates over all replicas: what a percentile is made of.

    Not `rate`, which reads all samples of the window: this reads three of each series, whatever the
    scrape interval. One that is new, or was reset, counts with what it stands at.
    """
    labels = ", ".join((*config.pair_labels, BUCKET))
    window = config.dashboard.rate_window
    buckets = config.scraped(f"{USAGE_LATENCY.name}_bucket")
    gained = f"{buckets} - {buckets} offset {promql_duration(window)} >= 0\n  or {buckets}"
    return f"sum by ({labels}) (\n  {gained}\n)\n/ {window.total_seconds():g}"
