"""The row LLM Usage Monitoring: whether all usage is kept, and how long keeping it takes."""

from grafanalib.core import Panel, RowPanel

from contract.config import Config, promql_duration
from contract.metrics import PAIR_LABELS, USAGE_EVENTS, USAGE_FAILURES, USAGE_LATENCY
from contract.names import ROW_TITLE
from dashboards.panels import MILLISECONDS, PERCENT, Query, Threshold, row, time_series

_BY_PAIR = f"sum by ({', '.join(PAIR_LABELS)})"
_PAIR_LEGEND = "{{component}} {{provider}}/{{model}}"
_HEIGHT = 9


def panels(config: Config, y: int) -> list[Panel | RowPanel]:
    """The row's head at grid line `y`, and its panels below."""
    top = y + 1
    return [
        row(ROW_TITLE, y),
        _coverage(config, (0, top, 8, _HEIGHT)),
        _failure_rate(config, (8, top, 8, _HEIGHT)),
        _latency(config, (16, top, 8, _HEIGHT)),
    ]


def _failed_share(window: str) -> str:
    """Failures per attempt: 0 where a pair has no failures series (a healthy one), or idles."""
    attempts = f"{_BY_PAIR} (increase({USAGE_EVENTS.name}[{window}]))"
    failures = f"{_BY_PAIR} (increase({USAGE_FAILURES.name}[{window}]))"
    return f"(\n  {failures}\n  or 0 * {attempts}\n)\n/ clamp_min({attempts}, 1)"


def _coverage(config: Config, position: tuple[int, int, int, int]) -> Panel:
    window = promql_duration(config.dashboard.coverage_window)
    target = config.dashboard.coverage_target_percent
    return time_series(
        title=f"Coverage ({window})",
        description=(
            f"Share of usage flushes in the last {window} that reached the database. Good is "
            f"100 %; the target is {target:g} % or more. Below it, look which provider and model "
            "it is, then at the database (see the runbook of the failures alert)."
        ),
        unit=PERCENT,
        queries=[Query(f"100 * (1 - {_failed_share(window)})", _PAIR_LEGEND)],
        thresholds=[Threshold(None, "red"), Threshold(target, "green")],
        position=position,
        maximum=100,
    )


def _failure_rate(config: Config, position: tuple[int, int, int, int]) -> Panel:
    window = promql_duration(config.dashboard.rate_window)
    critical = 100 * config.failures.threshold
    return time_series(
        title=f"Failure Rate ({window})",
        description=(
            f"Failed usage flushes per attempt over {window}, by component, provider and model. "
            f"Good is 0; more than {critical:g} % of those of "
            f"{promql_duration(config.failures.window)} pages. One provider alone points to its "
            "data, all at once to the database."
        ),
        unit=PERCENT,
        queries=[Query(f"100 * {_failed_share(window)}", _PAIR_LEGEND)],
        thresholds=[Threshold(None, "green"), Threshold(critical, "red")],
        position=position,
    )


def _latency(config: Config, position: tuple[int, int, int, int]) -> Panel:
    window = promql_duration(config.dashboard.rate_window)

    def quantile(share: float) -> Query:
        buckets = f"sum by (le) (rate({USAGE_LATENCY.name}_bucket[{window}]))"
        return Query(f"histogram_quantile({share:g}, {buckets}) * 1000", f"p{share * 100:g}")

    return time_series(
        title="Latency (p95/p99)",
        description=(
            "How long writing one execution's usage takes, over all executions. Good is a p95 "
            "below 100 ms; a rise before failures is a database that is running out of room."
        ),
        unit=MILLISECONDS,
        queries=[quantile(0.95), quantile(0.99)],
        thresholds=[Threshold(None, "green"), Threshold(100, "orange")],
        position=position,
    )
