"""Where the dashboard's links lead: the alert list of this Grafana, and the runbooks."""

from collections.abc import Mapping
from urllib.parse import quote

from config import Config
from contract.names import SERVICE
from dashboards.model import Link

_ALERTS = "/alerting/list?search="


def all_alerts() -> Link:
    """The alerts of this service."""
    return Link("LLM usage alerts", f"{_ALERTS}{quote(f'label:service={SERVICE}')}")


def runbooks(config: Config) -> Link:
    """The folder of the runbooks."""
    return Link("Runbooks", config.runbook_base)


def runbook(config: Config, alert: str) -> Link:
    """The runbook of `alert`."""
    return Link(f"Runbook {alert}", config.runbook_url(alert))


def rule(alert: str) -> Link:
    """`alert` in the alert list."""
    return Link(f"Alert {alert}", f"{_ALERTS}{quote(f'rule:{alert}')}")


def of_series(config: Config, alert: str) -> Link:
    """From a series to the instance of `alert` with its labels."""
    return _of_labels(alert, {name: f"${{__field.labels.{name}}}" for name in config.usage_labels})


def of_table_row(config: Config, alert: str) -> Link:
    """The same from a table's row, whose columns are named after the labels."""
    return _of_labels(
        alert, {name: f"${{__data.fields.{name.capitalize()}}}" for name in config.usage_labels}
    )


def _of_labels(alert: str, values: Mapping[str, str]) -> Link:
    """`values` are Grafana variables, which Grafana fills in, so they are not quoted."""
    matchers = "".join(f"{quote(f' label:{label}=')}{value}" for label, value in values.items())
    return Link(f"Alert {alert} of these labels", f"{rule(alert).url}{matchers}")
