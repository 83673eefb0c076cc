"""The index of targets: what each place wants, as the texts of its files.

A new target is a module with a function from the configuration to its files, and a line here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from contract.config import Config
from delivery.targets import (
    grafana,
    grafana_alerting,
    kubernetes,
    mimir,
    prometheus,
    victoriametrics,
)
from delivery.targets.defaults import TARGETS as CHOSEN
from delivery.targets.files import Files
from delivery.targets.grafana import DASHBOARDS
from delivery.targets.prometheus import ALERTS, groups, rule_file

__all__ = ["ALERTS", "DASHBOARDS", "TARGETS", "build", "groups", "rule_file"]

TARGETS: Mapping[str, Callable[[Config], Files]] = MappingProxyType(
    {
        "prometheus": prometheus.files,
        "grafana": grafana.files,
        "grafana-alerting": grafana_alerting.files,
        "kubernetes": kubernetes.files,
        "mimir": mimir.files,
        "victoriametrics": victoriametrics.files,
    }
)
"""Every target by the name that the configuration calls it."""


def build(config: Config) -> Files:
    """Every file of the chosen targets: its path below the checkout, and its text."""
    return {path: text for name in CHOSEN for path, text in TARGETS[name](config).items()}
