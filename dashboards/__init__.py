"""The dashboard as data."""

from typing import Any

from config import Config
from dashboards import compozy_monitoring


def dashboards(config: Config) -> list[dict[str, Any]]:
    """The one dashboard, as Grafana's JSON model."""
    return [compozy_monitoring.dashboard(config)]
