"""The panels that show whether usage is persisted, and how long that takes."""

from collections.abc import Mapping

from alerts.panel_records import latency_record
from config import Config
from contract.document import Json
from contract.durations import promql_duration
from contract.metrics import BUCKET, USAGE_EVENTS, USAGE_FAILURES, Family, Label, Outcome
from dashboards import links
from dashboards import panel_styles as style
from dashboards.grafana import panel, query
from dashboards.variables import scraped, selector, series_legend


def coverage(config: Config) -> Json:
    """Share of the flushes that were persisted, by component, provider and model."""
    window = promql_duration(config.dashboard.coverage_window)
    target, critical = config.dashboard.coverage_target_percent, _critical(config)
    lowest = min(target, 100 - critical)
    return style.ranking(
        id=2,
        title=f"Coverage ({window})",
        description=f"Share of usage flushes in the last {window} that reached the database. Good "
        f"is 100 %. Below the line at {100 - critical:g} % {config.failures.name} fires; the "
        f"line at {target:g} % is the target. Below either, look which provider and model "
        "it is (worst on top), then at the database (see the runbook).",
        unit=style.PERCENT,
        query=query(_coverage(config), series_legend(config)),
        good=100,
        until=max(0, 2 * lowest - 100),
        thresholds=_coverage_steps(config),
        links=links.of_series(config, config.failures.name),
    )


def failure_rate(config: Config) -> Json:
    """Share of the flushes that failed: 0 if there are no failures or no flushes."""
    window = promql_duration(config.dashboard.rate_window)
    by, critical = _sum(config), _critical(config)
    failed, attempts = (
        selector(config, config.increased(family.name)) for family in (USAGE_FAILURES, USAGE_EVENTS)
    )
    percent = (
        f"100 * (\n  {by} (sum_over_time({failed}[{window}]))\n  or 0 * {by} ({attempts})\n)\n"
        f"/ clamp_min({by} (sum_over_time({attempts}[{window}])), 1)"
    )
    return style.ranking(
        id=3,
        title=f"Failure Rate ({window})",
        description=f"Failed usage flushes per attempt over {window}, by component, provider and "
        f"model, worst on top. Good is 0. The line is at {critical:g} %: above it over "
        f"{promql_duration(config.failures.window)} {config.failures.name} fires. One "
        "provider alone points to its data, all at once to the database.",
        unit=style.PERCENT,
        query=query(percent, series_legend(config)),
        good=0,
        until=2 * critical,
        thresholds={None: style.GOOD, critical: style.BAD},
        links=links.of_series(config, config.failures.name),
    )


def worst_coverage(config: Config) -> Json:
    """Coverage, failures and flushes by component, provider and model as a table."""
    window = promql_duration(config.dashboard.coverage_window)
    of_row = links.of_table_row(config, config.failures.name)
    count = {"custom.width": 80, "decimals": 0, "unit": style.NUMBER}
    shown = {"custom.width": 90, **style.cells("color-background"), "decimals": 2}
    return style.table(
        id=7,
        title=f"Worst coverage ({window})",
        description=f"Each component, provider and model in the last {window}, the worst on top. "
        f"Good is {100 - _critical(config):g} % or more in every line, where no alert fires. "
        "Lines of one provider below it point to its data, all lines to the database.",
        labels={label: label.capitalize() for label in config.usage_labels},
        columns={
            "Coverage": _coverage(config),
            "Failures": _counted(config, USAGE_FAILURES),
            "Flushes": _counted(config, USAGE_EVENTS),
        },
        sort={"displayName": "Coverage", "desc": False},
        unit=style.PERCENT,
        thresholds=_coverage_steps(config),
        overrides={
            "Component": {"custom.width": 100},
            "Provider": {"custom.width": 90},
            "Coverage": {**shown, "links": [of_row]},
            "Failures": count,
            "Flushes": count,
        },
    )


def events(config: Config) -> Json:
    """Flushes per minute by outcome, of the chosen replicas: 0 if there never was one."""
    # The first is drawn at the bottom, so that a line of 0 failures is not on top of success.
    colors = {Outcome.FAILURE: style.BAD, Outcome.SUCCESS: style.GOOD}
    series = {it: scraped(config, USAGE_EVENTS.name, f'{Label.OUTCOME}="{it}"') for it in colors}
    return style.graph(
        id=8,
        title="Events by outcome",
        description="Flushes a minute of the chosen replicas, failures at the bottom. Good is a "
        "steady success and no failure. Both at 0 is a silence; choose an instance to see whether "
        "it is one replica's. The first failure of a replica shows in Failure Rate alone.",
        unit=style.PER_MINUTE,
        queries=tuple(
            query(f"60 * sum(rate({of}[$__rate_interval]))\nor vector(0)", str(outcome))
            for outcome, of in series.items()
        ),
        stacked=True,
        overrides={name: style.colored(color) for name, color in colors.items()},
    )


def latency(config: Config) -> Json:
    """Percentiles of writing usage, over all executions."""
    target, rates = config.dashboard.latency_target_ms, _bucket_rates(config)
    shares = {0.95: style.QUANTITIES[0], 0.99: style.QUANTITIES[1]}
    return style.graph(
        id=4,
        title="Latency (p95/p99)",
        description="How long writing one execution's usage takes, over all executions, in "
        f"{promql_duration(config.dashboard.rate_window)}. Good is a p95 below the line at "
        f"{target:g} ms; a rise before failures is a database that is running out of room. "
        "Without any write there is no percentile, and no line.",
        unit=style.MILLISECONDS,
        queries=tuple(
            query(f"1000 * histogram_quantile({share:g}, {rates})", f"p{share * 100:g}")
            for share in shares
        ),
        thresholds={None: style.GOOD, target: style.WARNING},
        overrides={f"p{share * 100:g}": style.colored(color) for share, color in shares.items()},
        links=(links.runbook(config, config.failures.name),),
    )


def latency_spread(config: Config) -> Json:
    """All latencies over time."""
    return panel(
        "heatmap",
        id=11,
        title="Latency spread",
        description="Writes a minute by how long they took, an average of "
        f"{promql_duration(config.dashboard.rate_window)} in each cell. Good is one narrow "
        "band near the bottom. A second band far above it is time-outs or locks, a band "
        "that climbs a database that fills up.",
        unit=style.PER_MINUTE,
        queries=(query(f"60 * {_bucket_rates(config)}", "{{le}}", form="heatmap"),),
        thresholds={None: style.QUANTITIES[0]},
        options={
            "calculate": False,
            "cellGap": 1,
            "cellValues": {"unit": style.PER_MINUTE},
            "color": {
                "exponent": 0.5,
                "mode": "scheme",
                "scale": "exponential",
                "scheme": "Blues",
                "steps": 64,
            },
            "filterValues": {BUCKET: 1e-9},
            "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "unit": style.SECONDS},
        },
    )


def _coverage(config: Config) -> str:
    """Percentage of the flushes that reached the database: 100 if there are no flushes."""
    failures, flushes = (_counted(config, family) for family in (USAGE_FAILURES, USAGE_EVENTS))
    return f"100 - 100 * {failures}\n/ clamp_min({flushes}, 1)"


def _counted(config: Config, family: Family) -> str:
    """Flushes, or failed ones, in the coverage's window."""
    record = config.increased(family.name, config.dashboard.coverage_window)
    return f"{_sum(config)} ({selector(config, record)})"


def _sum(config: Config) -> str:
    return f"sum by ({', '.join(config.usage_labels)})"


def _bucket_rates(config: Config) -> str:
    rates = latency_record(config, config.dashboard.rate_window)
    return f"sum by ({BUCKET}) ({selector(config, rates)})"


def _critical(config: Config) -> float:
    """Percentage of failures above which the alert fires."""
    return 100 * config.failures.threshold


def _coverage_steps(config: Config) -> Mapping[float | None, str]:
    """Red below both the target and the alert's limit, orange between them, green above."""
    low, high = sorted((config.dashboard.coverage_target_percent, 100 - _critical(config)))
    return {None: style.BAD, low: style.WARNING, high: style.GOOD}
