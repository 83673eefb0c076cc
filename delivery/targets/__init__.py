"""A target builds the texts of the files for one way of deployment.

Each has a module with a function `files`, from the configuration to its files. The module's name is
the target's in a configuration, with `_` for `-`.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from config import BuildTarget, Config
from delivery.render import Files
from delivery.targets.grafana import DASHBOARDS
from delivery.targets.prometheus import ALERTS, groups, rule_file

__all__ = ["ALERTS", "DASHBOARDS", "TARGETS", "build", "groups", "rule_file"]

TARGETS: Mapping[BuildTarget, Callable[[Config], Files]] = {
    target: import_module(f"{__name__}.{target.replace('-', '_')}").files for target in BuildTarget
}
"""Every target, by its name in a configuration."""


def build(config: Config) -> Files:
    """Every file of the configured targets: its path below the checkout, and its text."""
    return {
        path: text for target in config.targets for path, text in TARGETS[target](config).items()
    }
