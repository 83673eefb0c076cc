"""Recording rules that only panels read: what would cost too much at each look."""

from contract.config import Config, promql_duration
from contract.metrics import PAIR_LABELS, USAGE_LATENCY
from contract.names import PanelRecord

BUCKET = "le"
"""The label of a histogram's bucket: its upper bound in seconds."""


def records(config: Config) -> dict[PanelRecord, str]:
    """The expression of each record.

    The histogram has over a hundred series a replica for each pair; a percentile of a day, minute
    by minute, would read all of them with every refresh. The sum of rates is what the percentile
    is made of, so it is the same number, from one sample a bucket.
    """
    labels = ", ".join((*PAIR_LABELS, BUCKET))
    window = promql_duration(config.dashboard.rate_window)
    rate = f"rate({USAGE_LATENCY.name}_bucket[{window}])"
    return {PanelRecord.LATENCY_5M: f"sum by ({labels}) ({rate})"}
