"""Configurations that would make an alert meaningless, each with the reason.

What a single value may be stands with it in `contract.config`; here is what only holds together.
"""

from collections.abc import Iterator
from datetime import timedelta

from contract.config import Config, FailuresAlert, TokenSpikeAlert, ZeroTrafficAlert
from contract.durations import minutes, promql_duration
from contract.metrics import Label, TargetLabel

LEAST_WINDOW = minutes(5)
"""A window of less holds too few scrapes at the slowest supported interval, a minute."""

LEAST_THRESHOLD = 0.0001
"""One failure in ten thousand: below it a single failure of a busy window is the whole alert."""

_TAKEN = {*Label, *TargetLabel, "le", "alertname", "alertstate", "severity", "service"}


def problems(config: Config) -> Iterator[str]:
    """What is wrong with `config`: the key, what it may be, and why."""
    yield from _alerts(config)
    yield from _panels(config)
    yield from _spike(config)
    yield from _silence(config)
    yield from _labels(config)


def _alerts(config: Config) -> Iterator[str]:
    step = config.evaluation_interval
    alerts: dict[str, FailuresAlert | TokenSpikeAlert | ZeroTrafficAlert] = {
        "failures": config.failures,
        "token_spike": config.token_spike,
        "zero_traffic": config.zero_traffic,
    }
    for name, alert in alerts.items():
        window = _said(alert.window)
        if alert.window < LEAST_WINDOW or alert.window % step:
            yield (
                f"{name}.window: must be whole minutes, {_said(LEAST_WINDOW)} or more, not "
                f"{window}: the rules count minute by minute, and scrapes may be a minute apart"
            )
        if alert.hold % step:
            yield (
                f"{name}.for: must be whole minutes, not {_said(alert.hold)}: the rules are "
                "evaluated once a minute"
            )
        if alert.hold > alert.window:
            yield (
                f"{name}.for: must be {window} or less, as the window is, not "
                f"{_said(alert.hold)}: what lasts less than the window could end unseen"
            )
    if config.failures.threshold < LEAST_THRESHOLD:
        yield (
            f"failures.threshold: must be {LEAST_THRESHOLD:g} or more, not "
            f"{config.failures.threshold:g}: below it every single failure is an alert"
        )


def _panels(config: Config) -> Iterator[str]:
    windows = {
        "coverage_window": config.dashboard.coverage_window,
        "rate_window": config.dashboard.rate_window,
    }
    for name, window in windows.items():
        if window < LEAST_WINDOW or window % config.evaluation_interval:
            yield (
                f"dashboard.{name}: must be whole minutes, {_said(LEAST_WINDOW)} or more, not "
                f"{_said(window)}: scrapes may be a minute apart"
            )


def _spike(config: Config) -> Iterator[str]:
    alert, step = config.token_spike, config.evaluation_interval
    window, recent = alert.window, alert.window + alert.hold
    if alert.baseline % window or alert.baseline < 2 * window:
        yield (
            f"token_spike.baseline: must be twice the window ({_said(window)}) or another whole "
            f"number of it, not {_said(alert.baseline)}: it is the average of such windows"
        )
    if alert.least_history < recent + step or alert.least_history % step:
        yield (
            f"token_spike.least_history: must be whole minutes, {_said(recent + step)} or more, "
            f"not {_said(alert.least_history)}: window and for together are not part of the average"
        )
    if alert.least_history > alert.baseline:
        yield (
            f"token_spike.least_history: must be the baseline ({_said(alert.baseline)}) or less, "
            f"not {_said(alert.least_history)}: there would never be enough"
        )


def _silence(config: Config) -> Iterator[str]:
    alert = config.zero_traffic
    if alert.memory <= alert.window + alert.hold:
        yield (
            f"zero_traffic.memory: must be more than window and for together "
            f"({_said(alert.window + alert.hold)}), not {_said(alert.memory)}: the activity would "
            "be forgotten before its end is told"
        )


def _labels(config: Config) -> Iterator[str]:
    for name in dict.fromkeys(config.labels):
        if name in _TAKEN or name.startswith("__"):
            yield f"labels: {name!r} has a meaning of its own in the rules: name another label"
        if config.labels.count(name) > 1:
            yield f"labels: {name!r} stands there more than once: name it once"


def _said(span: timedelta) -> str:
    return promql_duration(span)
