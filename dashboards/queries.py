"""What the panels of the row ask: PromQL over the rules' records where there are such.

The records are a minute's growth by component, provider and model. A window of whole minutes holds
one of each minute, wherever it ends.
"""

from datetime import timedelta

from contract.config import Config
from contract.durations import promql_duration
from contract.metrics import USAGE_EVENTS, Component, Label, Outcome
from contract.names import SERVICE, AlertName, PanelRecord, Record
from dashboards.records import BUCKET
from dashboards.variables import scraped, selector, whole

MODEL_LEGEND = "{{provider}}/{{model}}"
MODEL_LABELS = (Label.PROVIDER, Label.MODEL)
QUIET, PENDING, FIRING = range(3)
"""Values of `alert_state`."""


def pair_legend(config: Config) -> str:
    """The name of a pair's line: workflow openai/gpt-4o, after the system where labels tell it."""
    return "".join(f"{{{{{label}}}}} " for label in config.labels) + (
        "{{component}} {{provider}}/{{model}}"
    )


def flushes(config: Config) -> str:
    """Flushes of each pair in the coverage's window, successful or not."""
    return f"{_by_pair(config)} ({selector(config, PanelRecord.EVENTS_15M)})"


def failures(config: Config) -> str:
    """Failed flushes of each pair in the coverage's window."""
    return f"{_by_pair(config)} ({selector(config, PanelRecord.FAILURES_15M)})"


def coverage(config: Config) -> str:
    """Percentage of each pair's flushes that reached the database: 100 where it idles."""
    return f"100 - 100 * {failures(config)}\n/ clamp_min({flushes(config)}, 1)"


def failed_percent(config: Config) -> str:
    """Failures per 100 flushes of each pair: 0 where it idles, or never failed."""
    window = config.dashboard.rate_window
    none = f"0 * {_by_pair(config)} ({selector(config, Record.EVENTS_1M)})"
    failed = f"(\n  {_gained(config, Record.FAILURES_1M, window)}\n  or {none}\n)"
    return f"100 * {failed}\n/ clamp_min({_gained(config, Record.EVENTS_1M, window)}, 1)"


def latency_ms(config: Config, share: float) -> str:
    """The quantile `share` of writing usage, over all executions."""
    buckets = f"sum by ({BUCKET}) ({selector(config, PanelRecord.LATENCY_5M)})"
    return f"1000 * histogram_quantile({share:g}, {buckets})"


def latency_buckets(config: Config) -> str:
    """Writes a minute, cumulative by bucket."""
    return f"60 * sum by ({BUCKET}) ({selector(config, PanelRecord.LATENCY_5M)})"


def events(config: Config, outcome: Outcome) -> str:
    """Flushes a minute of the chosen replicas: 0 where there never was one."""
    series = scraped(config, USAGE_EVENTS.name, f'{Label.OUTCOME}="{outcome}"')
    return f"60 * sum(rate({series}[$__rate_interval]))\nor vector(0)"


def tokens(config: Config, record: PanelRecord) -> str:
    """Tokens of one kind in the alert's window: 0 where there never were any."""
    return f"sum({selector(config, record)})\nor vector(0)"


def usual_tokens(config: Config, factor: float = 1) -> str:
    """`factor` times the tokens of a window on the day's average."""
    times = "" if factor == 1 else f"{factor:g} * "
    return f"{times}sum({selector(config, Record.TOKENS_BASELINE)})"


def token_factor(config: Config) -> str:
    """How many times its usual tokens each pair uses; a pair that uses none has no value."""
    return (
        f"{selector(config, Record.TOKENS_15M)}\n/ ({selector(config, Record.TOKENS_BASELINE)} > 0)"
    )


def top_models(config: Config) -> str:
    """The models with the most tokens over the whole time range."""
    total = f"sum_over_time({selector(config, Record.TOKENS_1M)}[$__range])"
    labels = ", ".join(MODEL_LABELS)
    return f"topk({config.dashboard.top_models}, sum by ({labels}) ({total}))"


def silence_minutes(config: Config) -> str:
    """Minutes since the last workflow event, and the alert's whole memory where it knows none."""
    step = promql_duration(config.evaluation_interval)
    memory = config.zero_traffic.memory
    seen = whole(config, Record.ACTIVITY_1M, f'{Label.COMPONENT}="{Component.WORKFLOW}"')
    last = f"max_over_time((timestamp({seen}) and {seen} > 0)[{promql_duration(memory)}:{step}])"
    return f"(time() - max({last})) / 60\nor vector({memory // timedelta(minutes=1)})"


def alert_state(config: Config, alert: AlertName) -> str:
    """`QUIET`, `PENDING` or `FIRING`: the worst of the alert's pairs.

    Nothing where no rule is evaluated: an alert that does not run is not quiet.
    """

    def active(state: str) -> str:
        matchers = (f'alertname="{alert}"', f'alertstate="{state}"')
        return f"max({_alerts(config, *matchers)})"

    runs = f"max({whole(config, Record.EVENTS_1M)})"
    states = {FIRING: active("firing"), PENDING: active("pending"), QUIET: runs}
    return "\nor ".join(f"{state} * {series}" for state, series in states.items())


def fired(config: Config, severity: str) -> str:
    """The alerts of `severity` that fire."""
    return _alerts(config, 'alertstate="firing"', f'severity="{severity}"')


def _by_pair(config: Config) -> str:
    return f"sum by ({', '.join(config.pair_labels)})"


def _alerts(config: Config, *matchers: str) -> str:
    return whole(config, "ALERTS", f'service="{SERVICE}"', *matchers)


def _gained(config: Config, record: Record, window: timedelta) -> str:
    return (
        f"{_by_pair(config)} (sum_over_time({selector(config, record)}[{promql_duration(window)}]))"
    )
