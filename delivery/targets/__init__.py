"""The index of targets. A target builds the texts of the files for one way of deployment.

A new target is a module with a function from the configuration to its files, and a line here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from config import BuildTarget, Config
from delivery.render import Files
from delivery.targets import (
    grafana,
    grafana_alerting,
    kubernetes,
    mimir,
    prometheus,
    victoriametrics,
)
from delivery.targets.grafana import DASHBOARDS
from delivery.targets.prometheus import ALERTS, groups, rule_file

__all__ = ["ALERTS", "DASHBOARDS", "TARGETS", "build", "groups", "rule_file"]

TARGETS: Mapping[BuildTarget, Callable[[Config], Files]] = MappingProxyType(
    {
        BuildTarget.PROMETHEUS: prometheus.files,
        BuildTarget.GRAFANA: grafana.files,
        BuildTarget.GRAFANA_ALERTING: grafana_alerting.files,
        BuildTarget.KUBERNETES: kubernetes.files,
        BuildTarget.MIMIR: mimir.files,
        BuildTarget.VICTORIAMETRICS: victoriametrics.files,
    }
)
"""Every target, by its name in a configuration."""


def build(config: Config) -> Files:
    """Every file of the configured targets: its path below the checkout, and its text."""
    return {
        path: text for target in config.targets for path, text in TARGETS[target](config).items()
    }
