"""The files that Grafana loads: the dashboard, and the provisioning of it and its data source."""

from config import Config
from contract.document import Json
from dashboards import compozy_monitoring
from delivery.render import CLUSTER, Files, to_json, to_yaml

DASHBOARDS = CLUSTER / "grafana/dashboards"
PROVISIONING = CLUSTER / "grafana/provisioning"
PROVIDER = PROVISIONING / "dashboards/compozy-monitoring.yaml"
DATASOURCE = PROVISIONING / "datasources/prometheus.yaml"

_PROVIDER_COMMENT = """\
Grafana reads the built dashboards from the folder, and again when they change.
The code is the source: a change in the browser would be lost, so it is not allowed there."""

_DATASOURCE_COMMENT = """\
The uid is fixed: links and provisioned alerts name the data source by it.
It is the default, so that the dashboard's data source variable starts with it.
POST, because long queries do not fit into an address.
timeInterval is the scrape interval: rate intervals follow it."""


def files(config: Config) -> Files:
    """The dashboard, and the two files that provision it and its data source."""
    dashboard = compozy_monitoring.dashboard(config)
    return {
        DASHBOARDS / f"{config.dashboard.uid}.json": to_json(dashboard),
        PROVIDER: to_yaml(_provider(config), comment=_PROVIDER_COMMENT),
        DATASOURCE: to_yaml(_datasource(config), comment=_DATASOURCE_COMMENT),
    }


def literal(text: str) -> str:
    """`text` escaped for a provisioning file, where Grafana expands `$` as a variable."""
    return text.replace("$", "$$")


def expanded(text: object) -> str:
    """The value that Grafana reads from `text` of a provisioning file: the inverse of `literal`."""
    return str(text).replace("$$", "$")


def _provider(config: Config) -> Json:
    provider = {
        "name": "compozy-monitoring",
        "folder": literal(config.dashboard.folder),
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 10,
        "options": {"path": "/etc/grafana/dashboards"},
    }
    return {"apiVersion": 1, "providers": [provider]}


def _datasource(config: Config) -> Json:
    source = {
        "name": "Prometheus",
        "uid": config.datasource_uid,
        "type": "prometheus",
        "access": "proxy",
        "url": "http://prometheus:9090",
        "isDefault": True,
        "editable": False,
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s"},
    }
    return {"apiVersion": 1, "datasources": [source]}
