"""The three alerts on LLM usage and the records that they read."""

from alerts.increase import before_minutes, first_seen, increase, over_window, sum_by
from alerts.model import AlertingRule, RecordingRule, RuleGroup
from config import Config
from contract.durations import promql_duration
from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LABELS,
    Component,
    Label,
)
from contract.names import RULE_GROUP, SERVICE, AlertName, Record

_TIMES = "{{ if gt $value 1000.0 }}over 1000{{ else }}{{ $value | humanize }}{{ end }}"
"""A ratio for people; without any tokens in the past it is infinite."""


def group(config: Config) -> RuleGroup:
    """The rule group of `config`: records first, then the alerts that read them."""
    return RuleGroup(
        name=RULE_GROUP,
        interval=config.evaluation_interval,
        rules=(
            *_minute_records(config),
            *_token_records(config),
            _failures(config),
            _token_spike(config),
            _zero_traffic(config),
        ),
    )


def _minute_records(config: Config) -> list[RecordingRule]:
    counters = {
        Record.FAILURES_1M: USAGE_FAILURES,
        Record.EVENTS_1M: USAGE_EVENTS,
        Record.PROMPT_TOKENS_1M: PROMPT_TOKENS,
        Record.COMPLETION_TOKENS_1M: COMPLETION_TOKENS,
    }
    label_sets = [
        RecordingRule(
            record, sum_by(config.usage_labels, increase(config, config.scraped(family.name)))
        )
        for record, family in counters.items()
    ]
    events = f'{Record.EVENTS_1M}{{{Label.COMPONENT}="{Component.WORKFLOW}"}}'
    either = f"{events}\nor {first_seen(config, _workflow_events(config))}"
    return [*label_sets, RecordingRule(Record.ACTIVITY_1M, sum_by(config.component_labels, either))]


def _token_records(config: Config) -> list[RecordingRule]:
    step, alert = config.evaluation_interval, config.token_spike
    minutes = alert.window // step
    # One selector for both kinds, so that a model without completion tokens has a sum as well.
    either = f'{{__name__=~"{Record.PROMPT_TOKENS_1M}|{Record.COMPLETION_TOKENS_1M}"}}'
    lately = sum_by(
        config.usage_labels, over_window("last_over_time", either, alert.window // 2, step)
    )
    # The volume is an average, times the window: VictoriaMetrics shows a record a minute late, and
    # its windows lack the newest.
    recorded = over_window("count_over_time", Record.TOKENS_1M, alert.window, step)
    volume = over_window("avg_over_time", Record.TOKENS_1M, alert.window, step)
    # The baseline ends before the window and `for` began, so that a spike is not part of what it is
    # measured against. It reads one record a window: they tile the day. Half a window short, the
    # range has no record on its edge, see `over_window`.
    day = promql_duration(alert.baseline - alert.window / 2)
    recent = promql_duration(alert.window + alert.for_)
    known = promql_duration(alert.min_history - alert.window + 2 * step)
    return [
        # No growth in a minute without a scrape, while its growth may still come.
        RecordingRule(Record.TOKENS_1M, f"{sum_by(config.usage_labels, either)}\nor 0 * {lately}"),
        RecordingRule(Record.TOKENS_15M, f"{minutes} * {volume}\nand {recorded} >= {minutes - 1}"),
        RecordingRule(
            Record.TOKENS_BASELINE,
            f"avg_over_time({Record.TOKENS_15M}[{day}:{promql_duration(alert.window)}] offset"
            f" {recent})\n"
            f"and (\n  {Record.TOKENS_15M} offset {known}\n"
            f"  or last_over_time({Record.TOKENS_15M}[{day}:2h] offset {known})\n)",
        ),
    ]


def _failures(config: Config) -> AlertingRule:
    step, alert = config.evaluation_interval, config.failures
    window = promql_duration(alert.window)
    label_set = _label_set(config)
    failures = over_window("sum_over_time", Record.FAILURES_1M, alert.window, step)
    attempts = over_window("sum_over_time", Record.EVENTS_1M, alert.window, step)
    return AlertingRule(
        alert=AlertName.FAILURES,
        value=f"{failures}\n/ {attempts}",
        above=alert.threshold,
        for_=alert.for_,
        labels=_labels(alert.severity),
        annotations=_annotations(
            config,
            AlertName.FAILURES,
            summary=f"LLM usage of {label_set} is being lost",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of the usage flushes of {label_set} "
                f"failed to persist in the last {window} (the limit is {100 * alert.threshold:g}%)."
                " Their tokens are not in the database and will not be billed."
            ),
        ),
    )


def _token_spike(config: Config) -> AlertingRule:
    alert = config.token_spike
    window, baseline = promql_duration(alert.window), promql_duration(alert.baseline)
    label_set = _label_set(config)
    return AlertingRule(
        alert=AlertName.TOKEN_SPIKE,
        value=f"{Record.TOKENS_15M}\n/ {Record.TOKENS_BASELINE}",
        above=alert.factor,
        for_=alert.for_,
        labels=_labels(alert.severity),
        annotations=_annotations(
            config,
            AlertName.TOKEN_SPIKE,
            summary=f"{label_set} uses far more tokens than its {baseline} average",
            description=(
                f"{label_set} used {_TIMES} times as many tokens in the last {window} as its "
                f"{baseline} average (the limit is {alert.factor:g} times)."
            ),
        ),
    )


def _zero_traffic(config: Config) -> AlertingRule:
    step, alert = config.evaluation_interval, config.zero_traffic
    window, lookback = promql_duration(alert.window), promql_duration(alert.lookback)
    seen = over_window("sum_over_time", Record.ACTIVITY_1M, alert.window, step)
    events = _workflow_events(config)
    by = f"by ({', '.join(config.component_labels)})"
    component, place = _label(Label.COMPONENT), _place(config)
    return AlertingRule(
        alert=AlertName.ZERO_TRAFFIC,
        value=(
            "(\n"
            # As of two steps ago: what is new by then is recorded as activity, on every engine.
            f"  max {by} ({before_minutes(config, events, 2)}) > 0\n"
            f"  or sum_over_time({Record.ACTIVITY_1M}[{lookback}]) > 0\n"
            ")\n"
            f"unless {seen} > 0\n"
            # What grew while its target was not scraped shows in no minute, but here.
            f"unless count {by} ({events} > {events} offset {window})"
        ),
        for_=alert.for_,
        labels=_labels(alert.severity),
        annotations=_annotations(
            config,
            AlertName.ZERO_TRAFFIC,
            summary=f"No {component} usage{place} for {window}",
            description=(
                f"No LLM usage event of component {component}{place}, successful or "
                f"failed, has been seen for {window}, after earlier activity."
            ),
        ),
    )


def _workflow_events(config: Config) -> str:
    """Selector of the flush attempts of workflows."""
    return config.scraped(USAGE_EVENTS.name, f'{Label.COMPONENT}="{Component.WORKFLOW}"')


def _label_set(config: Config) -> str:
    """A label set in an annotation: workflow on openai/gpt-4o."""
    component, provider, model = (_label(name) for name in USAGE_LABELS)
    return f"{component} on {provider}/{model}{_place(config)}"


def _place(config: Config) -> str:
    """The system in an annotation, where there are labels that tell it."""
    return f" in {'/'.join(_label(name) for name in config.labels)}" if config.labels else ""


def _label(name: str) -> str:
    return f"{{{{ $labels.{name} }}}}"


def _labels(severity: str) -> dict[str, str]:
    """Static labels. None may have the name of a series label: it would override that label."""
    return {"service": SERVICE, "severity": severity}


def _annotations(
    config: Config, alert: AlertName, *, summary: str, description: str
) -> dict[str, str]:
    return {
        "summary": summary,
        "description": description,
        "runbook_url": config.runbook_url(alert),
        "dashboard_url": config.dashboard_url(),
    }
