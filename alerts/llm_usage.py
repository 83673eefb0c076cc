"""The three alerts on LLM usage and the records that they read."""

from alerts.increase import activity, before_step, growth, over_window, sum_by
from alerts.model import AlertingRule, RecordingRule, RuleGroup
from contract.config import Config
from contract.durations import promql_duration
from contract.metrics import (
    COMPLETION_TOKENS,
    PAIR_LABELS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
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
    pairs = [
        RecordingRule(
            record, sum_by(config.pair_labels, growth(config, config.scraped(family.name)))
        )
        for record, family in counters.items()
    ]
    seen = sum_by(config.component_labels, activity(config, _workflow_events(config)))
    return [*pairs, RecordingRule(Record.ACTIVITY_1M, seen)]


def _token_records(config: Config) -> list[RecordingRule]:
    step, alert = config.evaluation_interval, config.token_spike
    # One selector for both kinds, so that a model without completion tokens has a sum as well.
    either = f'{{__name__=~"{Record.PROMPT_TOKENS_1M}|{Record.COMPLETION_TOKENS_1M}"}}'
    # The baseline ends before the window and the hold began, so that a spike is not part of what
    # it is measured against. It reads one record a window: they tile the day. Half a window short,
    # the range has no record on its edge, see `over_window`.
    day = promql_duration(alert.baseline - alert.window / 2)
    windows = f"[{day}:{promql_duration(alert.window)}]"
    recent = alert.window + alert.hold
    past = f"{windows} offset {promql_duration(recent)}"
    least = (alert.least_history - recent) // step
    return [
        RecordingRule(Record.TOKENS_1M, sum_by(config.pair_labels, either)),
        RecordingRule(
            Record.TOKENS_15M, over_window("sum_over_time", Record.TOKENS_1M, alert.window, step)
        ),
        RecordingRule(
            Record.TOKENS_MINUTES,
            over_window("count_over_time", Record.TOKENS_1M, alert.window, step),
        ),
        RecordingRule(
            Record.TOKENS_BASELINE,
            f"{alert.window // step} * sum_over_time({Record.TOKENS_15M}{past})\n"
            f"/ (sum_over_time({Record.TOKENS_MINUTES}{past}) >= {least})",
        ),
    ]


def _failures(config: Config) -> AlertingRule:
    step, alert = config.evaluation_interval, config.failures
    window = promql_duration(alert.window)
    pair = _pair(config)
    failures = over_window("sum_over_time", Record.FAILURES_1M, alert.window, step)
    attempts = over_window("sum_over_time", Record.EVENTS_1M, alert.window, step)
    return AlertingRule(
        alert=AlertName.FAILURES,
        value=f"{failures}\n/ {attempts}",
        above=alert.threshold,
        hold=alert.hold,
        labels=_labels(alert.severity),
        annotations=_annotations(
            config,
            AlertName.FAILURES,
            summary=f"LLM usage of {pair} is being lost",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of the usage flushes of {pair} failed to "
                f"persist in the last {window} (the limit is {100 * alert.threshold:g}%). Their "
                "tokens are not in the database and will not be billed."
            ),
        ),
    )


def _token_spike(config: Config) -> AlertingRule:
    alert = config.token_spike
    window, baseline = promql_duration(alert.window), promql_duration(alert.baseline)
    minutes = alert.window // config.evaluation_interval
    pair = _pair(config)
    return AlertingRule(
        alert=AlertName.TOKEN_SPIKE,
        # VictoriaMetrics shows a record a minute late, and its windows lack the newest: the volume
        # is scaled up for one missing minute, and for no more (a model may be that new).
        value=(
            f"{minutes} * {Record.TOKENS_15M} / clamp_min({Record.TOKENS_MINUTES}, {minutes - 1})\n"
            f"/ {Record.TOKENS_BASELINE}"
        ),
        above=alert.factor,
        hold=alert.hold,
        labels=_labels(alert.severity),
        annotations=_annotations(
            config,
            AlertName.TOKEN_SPIKE,
            summary=f"{pair} uses far more tokens than its {baseline} average",
            description=(
                f"{pair} used {_TIMES} times as many tokens in the last {window} as its "
                f"{baseline} average (the limit is {alert.factor:g} times)."
            ),
        ),
    )


def _zero_traffic(config: Config) -> AlertingRule:
    step, alert = config.evaluation_interval, config.zero_traffic
    window, memory = promql_duration(alert.window), promql_duration(alert.memory)
    seen = over_window("sum_over_time", Record.ACTIVITY_1M, alert.window, step)
    events = _workflow_events(config)
    by = f"by ({', '.join(config.component_labels)})"
    component, place = _label(Label.COMPONENT), _place(config)
    return AlertingRule(
        alert=AlertName.ZERO_TRAFFIC,
        value=(
            "(\n"
            # As of a step ago: what is new by then counts as activity, on every engine.
            f"  max {by} ({before_step(events, step)}) > 0\n"
            f"  or sum_over_time({Record.ACTIVITY_1M}[{memory}]) > 0\n"
            ")\n"
            f"unless {seen} > 0\n"
            # What grew while its target was not scraped shows in no minute, but here.
            f"unless count {by} ({events} > {events} offset {window})"
        ),
        hold=alert.hold,
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


def _pair(config: Config) -> str:
    """A pair in an annotation: workflow on openai/gpt-4o."""
    component, provider, model = (_label(name) for name in PAIR_LABELS)
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
