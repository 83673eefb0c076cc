"""Where the dashboard's links lead: the alert list of this Grafana, and the runbooks."""

from collections.abc import Mapping
from urllib.parse import quote

from config import Config
from contract.document import Json
from contract.names import SERVICE

_ALERTS = "/alerting/list?search="


def of_dashboard(config: Config) -> list[Json]:
    """The alerts of this service, and the folder of the runbooks."""
    alerts = f"{_ALERTS}{quote(f'label:service={SERVICE}')}"
    return [
        {**_link("LLM usage alerts", alerts), "icon": "bolt"},
        {**_link("Runbooks", config.runbook_base), "icon": "doc"},
    ]


def runbook(config: Config, alert: str) -> Json:
    """The runbook of `alert`."""
    return _link(f"Runbook {alert}", config.runbook_url(alert))


def rule(alert: str) -> Json:
    """`alert` in the alert list."""
    return _link(f"Alert {alert}", f"{_ALERTS}{quote(f'rule:{alert}')}")


def of_series(config: Config, alert: str) -> tuple[Json, Json]:
    """From a series to the instance of `alert` with its labels, and to the runbook."""
    values = {name: f"${{__field.labels.{name}}}" for name in config.usage_labels}
    return _of_labels(alert, values), runbook(config, alert)


def of_table_row(config: Config, alert: str) -> Json:
    """From a table's row, whose columns are named after the labels, to the alert with these."""
    values = {name: f"${{__data.fields.{name.capitalize()}}}" for name in config.usage_labels}
    return _of_labels(alert, values)


def _of_labels(alert: str, values: Mapping[str, str]) -> Json:
    """`values` are Grafana variables, which Grafana fills in, so they are not quoted."""
    matchers = "".join(f"{quote(f' label:{label}=')}{value}" for label, value in values.items())
    return _link(f"Alert {alert} of these labels", f"{rule(alert)['url']}{matchers}")


def _link(title: str, url: str) -> Json:
    """A link with Grafana's variables in `url`; one that starts with / stays on this Grafana."""
    return {"title": title, "url": url, "targetBlank": True}
