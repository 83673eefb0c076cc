"""The PromQL queries of the panels, over the rules' records where these exist.

The records are the growth per minute by component, provider and model. A window of whole minutes
has one record of each minute, whenever it ends.
"""

from datetime import timedelta

from alerts.panel_records import latency_record
from config import Config
from contract.durations import promql_duration
from contract.metrics import BUCKET, USAGE_EVENTS, USAGE_FAILURES, Family, Label, Outcome
from contract.names import SERVICE
from dashboards.variables import of_systems, scraped, selector

MODEL_LEGEND = "{{provider}}/{{model}}"
MODEL_LABELS = (Label.PROVIDER, Label.MODEL)
INACTIVE, PENDING, FIRING = range(3)
"""Values of `alert_state`, named as in Prometheus."""

WHERE = "where"
"""The label of `recent_states` whose value joins the labels of an alert's series."""

BY_GRAFANA = {"evaluated_by": "grafana"}
"""The label that Grafana-managed rules add to one record. By it a panel knows that Prometheus does
not evaluate the alerts; the missing series ALERTS could also mean that no alert is active."""


def series_legend(config: Config) -> str:
    """The name of a line, such as `workflow openai/gpt-4o`, after the system's labels if any."""
    return "".join(f"{{{{{label}}}}} " for label in config.labels) + (
        "{{component}} {{provider}}/{{model}}"
    )


def flushes(config: Config) -> str:
    """Flushes in the coverage's window, successful or not."""
    return f"{_by_labels(config)} ({selector(config, flushes_record(config))})"


def flushes_record(config: Config) -> str:
    """Name of the record of the flushes in the coverage's window."""
    return config.increased(USAGE_EVENTS.name, config.dashboard.coverage_window)


def failures(config: Config) -> str:
    """Failed flushes in the coverage's window."""
    failed = config.increased(USAGE_FAILURES.name, config.dashboard.coverage_window)
    return f"{_by_labels(config)} ({selector(config, failed)})"


def coverage(config: Config) -> str:
    """Percentage of the flushes that reached the database: 100 if there are no flushes."""
    return f"100 - 100 * {failures(config)}\n/ clamp_min({flushes(config)}, 1)"


def failed_percent(config: Config) -> str:
    """Failures per 100 flushes: 0 if there are no failures or no flushes."""
    failed, attempts = (
        selector(config, config.increased(family.name)) for family in (USAGE_FAILURES, USAGE_EVENTS)
    )
    by, window = _by_labels(config), promql_duration(config.dashboard.rate_window)
    failures = f"{by} (sum_over_time({failed}[{window}]))"
    return (
        f"100 * (\n  {failures}\n  or 0 * {by} ({attempts})\n)\n"
        f"/ clamp_min({by} (sum_over_time({attempts}[{window}])), 1)"
    )


def latency_ms(config: Config, share: float) -> str:
    """The quantile `share` of the time to write usage, over all executions."""
    return f"1000 * histogram_quantile({share:g}, {_bucket_rates(config)})"


def latency_buckets(config: Config) -> str:
    """Writes per minute, cumulative by bucket."""
    return f"60 * {_bucket_rates(config)}"


def _bucket_rates(config: Config) -> str:
    rates = latency_record(config, config.dashboard.rate_window)
    return f"sum by ({BUCKET}) ({selector(config, rates)})"


def events(config: Config, outcome: Outcome) -> str:
    """Flushes per minute of the chosen replicas: 0 if there never was one."""
    series = scraped(config, USAGE_EVENTS.name, f'{Label.OUTCOME}="{outcome}"')
    return f"60 * sum(rate({series}[$__rate_interval]))\nor vector(0)"


def tokens(config: Config, family: Family) -> str:
    """Tokens of one kind in the alert's window: 0 if there never were any."""
    record = config.increased(family.name, config.token_spike.window)
    return f"sum({selector(config, record)})\nor vector(0)"


def average_tokens(config: Config, factor: float = 1) -> str:
    """`factor` times the tokens of a window on the day's average."""
    times = "" if factor == 1 else f"{factor:g} * "
    return f"{times}sum({selector(config, config.token_spike.baseline_record(config))})"


def token_factor(config: Config) -> str:
    """How many times its average each series uses; no value if that average is 0."""
    alert = config.token_spike
    average = selector(config, alert.baseline_record(config))
    return f"{selector(config, alert.volume_record(config))}\n/ ({average} > 0)"


def top_models(config: Config) -> str:
    """The models with the most tokens over the whole time range."""
    total = f"sum_over_time({selector(config, config.token_spike.minute_record(config))}[$__range])"
    labels = ", ".join(MODEL_LABELS)
    return f"topk({config.dashboard.top_models}, sum by ({labels}) ({total}))"


def silence_minutes(config: Config) -> str:
    """Minutes since the last workflow event, or the alert's whole lookback if there was none in it.

    No value if nothing was recorded a step ago, because the time is then unknown.
    """
    step = promql_duration(config.evaluation_interval)
    alert = config.zero_traffic
    seen = of_systems(config, alert.activity_record(config))  # of workflows alone
    attempts = of_systems(config, config.increased(USAGE_EVENTS.name))
    times, lookback = f"timestamp({seen}) and {seen} > 0", promql_duration(alert.lookback)
    last = f"max_over_time(({times})[{lookback}:{step}])"
    # Its last step has none of the records that are newer than it: so as of then.
    none = f"{alert.lookback // timedelta(minutes=1)} + 0 * max({attempts} offset {step})"
    return f"(time() - max({last})) / 60\nor {none}"


def alert_state(config: Config, alert: str) -> str:
    """`INACTIVE`, `PENDING` or `FIRING`: the worst of the alert's label sets.

    No value if no ruler such as Prometheus evaluates the rules: the alert is then not known to be
    inactive.
    """
    name = f'alertname="{alert}"'
    others = (f'{label}!="{value}"' for label, value in BY_GRAFANA.items())
    states = {
        FIRING: _alerts(config, name, _FIRES),
        PENDING: _alerts(config, name, _WAITS),
        INACTIVE: of_systems(config, flushes_record(config), *others),
    }
    return "\nor ".join(f"{state} * max({series})" for state, series in states.items())


def recent_states(config: Config) -> str:
    """The state of each label set for which an alert is active or fired in the time range.

    The labels are `alertname` and `WHERE`.
    """
    return _located(config, _states_in_range(config))


def recent_starts(config: Config) -> str:
    """When each of `recent_states` began, in milliseconds as Grafana expects."""
    began = f"last_over_time({_alerts(config, series='ALERTS_FOR_STATE')}[$__range])"
    found = f"1000 * {_by_alert(config)} ({began})\nand (\n{_states_in_range(config)}\n)"
    return _located(config, found)


def fired(config: Config, severity: str) -> str:
    """The firing alerts of `severity`, one series each, which Grafana marks in all graphs."""
    firing = _alerts(config, _FIRES, f'severity="{severity}"')
    return f"max by (alertname) ({firing})"


_FIRES, _WAITS = (f'alertstate="{state}"' for state in ("firing", "pending"))


def _states_in_range(config: Config) -> str:
    firing = _alerts(config, _FIRES)
    states = {
        FIRING: firing,
        PENDING: _alerts(config, _WAITS),
        INACTIVE: f"max_over_time({firing}[$__range])",
    }
    by = _by_alert(config)
    return "\nor ".join(f"{state} * {by} ({series})" for state, series in states.items())


def _by_alert(config: Config) -> str:
    return f"max by ({', '.join(('alertname', *config.usage_labels))})"


def _located(config: Config, expr: str) -> str:
    """`expr` with its usage labels joined in the label `WHERE`."""
    labels = ", ".join(f'"{label}"' for label in config.usage_labels)
    return f'max by (alertname, {WHERE}) (label_join(\n{expr},\n"{WHERE}", " ", {labels}))'


def _by_labels(config: Config) -> str:
    return f"sum by ({', '.join(config.usage_labels)})"


def _alerts(config: Config, *matchers: str, series: str = "ALERTS") -> str:
    return of_systems(config, series, f'service="{SERVICE}"', *matchers)
