"""Dashboards as data. `dashboards` lists them all: a new one is a module and a line here."""

from typing import Any

from config import Config
from dashboards import compozy_monitoring


def dashboards(config: Config) -> list[dict[str, Any]]:
    """All dashboards as Grafana's JSON model."""
    return [compozy_monitoring.dashboard(config)]
