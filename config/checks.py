"""Checks for configurations that would make an alert meaningless, each with the reason.

A field's type restricts single values, and an alert's `problems` checks the values of that alert;
here are the checks that span several parts of a configuration.
"""

import re
from collections.abc import Iterator

from alerts.model import LEAST_WINDOW
from config import BuildTarget, Config
from contract.durations import promql_duration
from contract.metrics import BUCKET, Label, TargetLabel

_TAKEN = {
    *Label,
    *TargetLabel,
    BUCKET,
    *("alertname", "alertstate", "severity", "service"),  # of alerts
    *("alertgroup", "grafana_folder", "datasource"),  # set by vmalert, Grafana and the dashboard
    *("inf", "nan"),  # numbers in PromQL
}
_LABEL_VALUE = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?")
_OF_SERVICES = (BuildTarget.KUBERNETES, BuildTarget.VICTORIAMETRICS)


def problems(config: Config) -> Iterator[str]:
    """What is wrong with `config`: the key, its allowed values, and why."""
    yield from _alerts(config)
    yield from _panels(config)
    yield from _labels(config)
    yield from _targets(config)


def _alerts(config: Config) -> Iterator[str]:
    for key, alert in config.alerts.items():
        for problem in alert.problems(config.evaluation_interval):
            yield f"{key}.{problem}"


def _panels(config: Config) -> Iterator[str]:
    windows = {
        "coverage_window": config.dashboard.coverage_window,
        "rate_window": config.dashboard.rate_window,
    }
    least = promql_duration(LEAST_WINDOW)
    for name, window in windows.items():
        if window < LEAST_WINDOW or window % config.evaluation_interval:
            yield (
                f"dashboard.{name}: must be whole minutes, {least} or more, not "
                f"{promql_duration(window)}: scrapes may be a minute apart"
            )


def _labels(config: Config) -> Iterator[str]:
    for name in dict.fromkeys(config.labels):
        if name.lower() in _TAKEN or name.startswith("__"):
            yield f"labels: {name!r} has a meaning of its own in the rules: name another label"
        if config.labels.count(name) > 1:
            yield f"labels: {name!r} stands there more than once: name it once"


def _targets(config: Config) -> Iterator[str]:
    of_services = set(config.targets) & set(_OF_SERVICES)
    if of_services == {BuildTarget.VICTORIAMETRICS}:
        yield "targets: victoriametrics is a component of the base of kubernetes: name both"
    for job in config.jobs:
        if of_services and not _LABEL_VALUE.fullmatch(job):
            yield (
                f"jobs: {job!r} is no value of a Kubernetes label, by which the targets "
                f"{' and '.join(_OF_SERVICES)} look for services: leave them out of targets"
            )
