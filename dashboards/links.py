"""Where the dashboard's links lead: the alert list of this Grafana, and the runbooks."""

from collections.abc import Callable
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
    return _of_labels(config, alert, "__field.labels.{}".format), runbook(config, alert)


def of_table_row(config: Config, alert: str) -> Json:
    """From a table's row, whose columns are named after the labels, to the alert with these."""
    return _of_labels(config, alert, lambda name: f"__data.fields.{name.capitalize()}")


def _of_labels(config: Config, alert: str, variable: Callable[[str], str]) -> Json:
    """`variable` names the one with a label's value, which Grafana fills in: it is not quoted."""
    matchers = (f"{quote(f' label:{it}=')}${{{variable(it)}}}" for it in config.usage_labels)
    return _link(f"Alert {alert} of these labels", f"{rule(alert)['url']}{''.join(matchers)}")


def _link(title: str, url: str) -> Json:
    """A link with Grafana's variables in `url`; one that starts with / stays on this Grafana."""
    return {"title": title, "url": url, "targetBlank": True}
