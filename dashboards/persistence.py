"""The panels of the row that tell whether usage is kept, and how long keeping it takes."""

from contract.config import Config
from contract.durations import promql_duration
from contract.names import AlertName
from dashboards import links, queries
from dashboards.model import Head, Override, Panel, Place, Query, Threshold
from dashboards.panels import COUNT, MILLISECONDS, PERCENT, heatmap, time_series
from dashboards.values import table


def coverage(config: Config, place: Place) -> Panel:
    """Share of the flushes that were kept, a line a pair."""
    window = config.dashboard.coverage_window
    target = config.dashboard.coverage_target_percent
    return time_series(
        Head(
            2,
            f"Coverage ({promql_duration(window)})",
            (
                f"Share of usage flushes in the last {promql_duration(window)} that reached the "
                f"database. Good is 100 %; the target is {target:g} % or more. Below it, look "
                "which provider and model it is, then at the database (see the runbook)."
            ),
            place,
        ),
        unit=PERCENT,
        queries=(Query(queries.coverage(config), queries.pair_legend(config)),),
        thresholds=(Threshold(None, "red"), Threshold(target, "green")),
        maximum=100,
        links=(
            links.of_pair(config, AlertName.FAILURES),
            links.runbook(config, AlertName.FAILURES),
        ),
    )


def failure_rate(config: Config, place: Place) -> Panel:
    """Share of the flushes that failed, a line a pair."""
    window = config.dashboard.rate_window
    critical = 100 * config.failures.threshold
    return time_series(
        Head(
            3,
            f"Failure Rate ({promql_duration(window)})",
            (
                f"Failed usage flushes per attempt over {promql_duration(window)}, by component, "
                f"provider and model. Good is 0; more than {critical:g} % of those of "
                f"{promql_duration(config.failures.window)} pages. One provider alone points to "
                "its data, all at once to the database."
            ),
            place,
        ),
        unit=PERCENT,
        queries=(Query(queries.failed_percent(config), queries.pair_legend(config)),),
        thresholds=(Threshold(None, "green"), Threshold(critical, "red")),
        links=(
            links.of_pair(config, AlertName.FAILURES),
            links.runbook(config, AlertName.FAILURES),
        ),
    )


def worst_first(config: Config, place: Place) -> Panel:
    """Coverage, failures and flushes of each pair as a table."""
    window = config.dashboard.coverage_window
    target = config.dashboard.coverage_target_percent

    def column(expr: str) -> Query:
        return Query(expr, instant=True, format="table")

    text = {"unit": COUNT, "decimals": 0, "color": {"mode": "fixed", "fixedColor": "text"}}
    return table(
        Head(
            7,
            f"Worst coverage ({promql_duration(window)})",
            (
                f"Each component, provider and model in the last {promql_duration(window)}, the "
                f"worst on top. Good is {target:g} % or more in every line. Lines of one provider "
                "below it point to its data, all lines to the database."
            ),
            place,
        ),
        unit=PERCENT,
        columns=(
            ("Coverage", column(queries.coverage(config))),
            ("Failures", column(queries.failures(config))),
            ("Flushes", column(queries.flushes(config))),
        ),
        labels=config.pair_labels,
        thresholds=(Threshold(None, "red"), Threshold(target, "green")),
        overrides=(
            Override(
                "Coverage",
                {
                    "custom.cellOptions": {"type": "color-text"},
                    "decimals": 2,
                    "links": [
                        link.to_dict() for link in (links.of_line(config, AlertName.FAILURES),)
                    ],
                },
            ),
            Override("Failures", text),
            Override("Flushes", text),
        ),
    )


def latency(config: Config, place: Place) -> Panel:
    """Percentiles of writing usage."""
    target = config.dashboard.latency_target_ms
    return time_series(
        Head(
            4,
            "Latency (p95/p99)",
            (
                "How long writing one execution's usage takes, over all executions, in "
                f"{promql_duration(config.dashboard.rate_window)}. Good is a p95 below {target:g} "
                "ms; a rise before failures is a database that is running out of room. Without "
                "any write there is no percentile, and no line."
            ),
            place,
        ),
        unit=MILLISECONDS,
        queries=tuple(
            Query(queries.latency_ms(config, share), f"p{share * 100:g}") for share in (0.95, 0.99)
        ),
        thresholds=(Threshold(None, "green"), Threshold(target, "orange")),
        links=(links.runbook(config, AlertName.FAILURES),),
    )


def latency_spread(config: Config, place: Place) -> Panel:
    """All latencies over time."""
    return heatmap(
        Head(
            11,
            "Latency spread",
            (
                "Writes a minute by how long they took. Good is one dark band at the bottom. A "
                "second band far above it is time-outs or locks, a band that climbs a database "
                "that fills up (each cell is an average of "
                f"{promql_duration(config.dashboard.rate_window)})."
            ),
            place,
        ),
        query=Query(queries.latency_buckets(config), "{{le}}", format="heatmap"),
    )
