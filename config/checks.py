"""Configurations that would make an alert meaningless, each with the reason.

What a single value may be stands with it in `config`; here is what only holds together.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from config import Config, FailuresAlert, Target, TokenSpikeAlert, ZeroTrafficAlert
from contract.durations import minutes, promql_duration
from contract.metrics import BUCKET, Label, TargetLabel

LEAST_WINDOW = minutes(5)
"""A window of less holds too few scrapes at the slowest supported interval, a minute."""

LEAST_THRESHOLD = 0.0001
"""One failure in ten thousand: below it a single failure of a busy window is the whole alert."""

COARSE = minutes(40)
"""The baseline's least records: what a target brings in its first minute is not counted, which is
then 2.5 % of the average."""

TELLING = minutes(10)
"""A silence is told up to 3 minutes after its window; it should stand for some more."""

_TAKEN = {
    *Label,
    *TargetLabel,
    BUCKET,
    *("alertname", "alertstate", "severity", "service"),  # of alerts
    *("alertgroup", "grafana_folder", "datasource"),  # set by vmalert, Grafana and the dashboard
    *("inf", "nan"),  # numbers in PromQL
}
_LABEL_VALUE = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?")
_OF_SERVICES = (Target.KUBERNETES, Target.VICTORIAMETRICS)


def problems(config: Config) -> Iterator[str]:
    """What is wrong with `config`: the key, what it may be, and why."""
    yield from _alerts(config)
    yield from _panels(config)
    yield from _spike(config)
    yield from _silence(config)
    yield from _labels(config)
    yield from _targets(config)


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
        if alert.for_ % step:
            yield (
                f"{name}.for: must be whole minutes, not {_said(alert.for_)}: the rules are "
                "evaluated once a minute"
            )
        if alert.for_ > alert.window:
            yield (
                f"{name}.for: must be {window} or less, as the window is, not "
                f"{_said(alert.for_)}: what lasts less than the window could end unseen"
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
    window, recent = alert.window, alert.window + alert.for_
    if alert.baseline % window or alert.baseline < 2 * window:
        yield (
            f"token_spike.baseline: must be twice the window ({_said(window)}) or another whole "
            f"number of it, not {_said(alert.baseline)}: it is the average of such windows"
        )
    least = recent + COARSE
    if alert.min_history < least or alert.min_history % step:
        yield (
            f"token_spike.min_history: must be whole minutes, {_said(least)} or more, not "
            f"{_said(alert.min_history)}: window and for are no part of the average, which is of "
            f"{_said(COARSE)} at least"
        )
    if alert.min_history > alert.baseline:
        yield (
            f"token_spike.min_history: must be the baseline ({_said(alert.baseline)}) or less, "
            f"not {_said(alert.min_history)}: there would never be enough"
        )


def _silence(config: Config) -> Iterator[str]:
    alert = config.zero_traffic
    least = alert.window + alert.for_ + TELLING
    if alert.lookback < least or alert.lookback % config.evaluation_interval:
        yield (
            f"zero_traffic.lookback: must be whole minutes, {_said(least)} or more, not "
            f"{_said(alert.lookback)}: the activity would be forgotten when its end is just told"
        )


def _labels(config: Config) -> Iterator[str]:
    for name in dict.fromkeys(config.labels):
        if name.lower() in _TAKEN or name.startswith("__"):
            yield f"labels: {name!r} has a meaning of its own in the rules: name another label"
        if config.labels.count(name) > 1:
            yield f"labels: {name!r} stands there more than once: name it once"


def _targets(config: Config) -> Iterator[str]:
    if Target.VICTORIAMETRICS in config.targets and Target.KUBERNETES not in config.targets:
        yield "targets: victoriametrics is a component of the base of kubernetes: name both"
    for job in config.jobs:
        if set(config.targets) & set(_OF_SERVICES) and not _LABEL_VALUE.fullmatch(job):
            yield (
                f"jobs: {job!r} is no value of a Kubernetes label, by which the targets "
                f"{' and '.join(_OF_SERVICES)} look for services: leave them out of targets"
            )


def _said(span: timedelta) -> str:
    return promql_duration(span)
