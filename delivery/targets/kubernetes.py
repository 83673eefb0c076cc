"""Kubernetes resources for Prometheus' operator and for Grafana's sidecar or operator.

The base is for kustomize. Resources of any further operator are in a component of their own,
because a cluster that does not know such a resource refuses everything that is applied with it.
"""

import re
from typing import Any

from config import Config
from contract.document import Json
from dashboards import compozy_monitoring
from delivery.render import CLUSTER, Files, to_json, to_yaml
from delivery.targets.prometheus import COMMENT, body

KUBERNETES = CLUSTER / "kubernetes"
BASE = KUBERNETES / "base"
COMPONENTS = KUBERNETES / "components"
GRAFANA_OPERATOR = COMPONENTS / "grafana-operator"

NAME = "compozy-monitoring"
LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "compozy"}
SERVICE_LABEL = "app.kubernetes.io/name"
"""The label that selects the Services of Compozy or of the exporter. Its value becomes the label
`job`, to which a configuration's `jobs` refer."""
JOB = "compozy"
"""The value if no `jobs` are configured: the runbooks query up{job="compozy"}."""
PORT = 5001
"""Compozy's own port. It must be among the ports of its container."""

SCRAPES = "Scrapes each Service that has the label below, in its own namespace."
MONITORING = "monitoring.coreos.com/v1"
_OVERLAY = "Namespace and labels are an overlay's: ../overlays/example."


def files(config: Config) -> Files:
    """The base, and the component for Grafana's operator."""
    dashboard = compozy_monitoring.dashboard(config)
    file = f"dashboard-{dashboard['uid']}.yaml"
    rule = {**resource(MONITORING, "PrometheusRule"), "spec": body(config)}
    monitor = service_scrape(config, MONITORING, "ServiceMonitor")
    found = "Source: dashboards/. Grafana's sidecar finds it."
    base = {
        BASE / "prometheus-rule.yaml": to_yaml(rule, comment=COMMENT),
        BASE / "service-monitor.yaml": to_yaml(monitor, comment=SCRAPES),
        BASE / file: to_yaml(_config_map(config, to_json(dashboard)), comment=found),
    }
    alone = "Names the base's ConfigMap, so that the dashboard stands there alone."
    operator = {GRAFANA_OPERATOR / file: to_yaml(_grafana_dashboard(config), comment=alone)}
    told = "For clusters with grafana-operator (v5): an overlay names it in `components`."
    return kustomized("Kustomization", base, comment=_OVERLAY) | kustomized(
        "Component", operator, comment=told
    )


def kustomized(kind: str, resources: Files, *, comment: str, **more: Any) -> Files:
    """`resources` of one folder, with the base's kustomization or that of a component over it."""
    version = {"Kustomization": "v1beta1", "Component": "v1alpha1"}[kind]
    head = {"apiVersion": f"kustomize.config.k8s.io/{version}", "kind": kind}
    listed = {"resources": [path.name for path in resources]}
    folder = next(iter(resources)).parent
    return resources | {
        folder / "kustomization.yaml": to_yaml({**head, **listed, **more}, comment=comment)
    }


def resource(version: str, kind: str, name: str = NAME) -> Json:
    """The version, kind and metadata of one of our resources."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": dict(LABELS)}}


def service_scrape(config: Config, version: str, kind: str) -> Json:
    """The resource that makes an operator scrape Services; both operators use the same spec."""
    jobs = {"key": SERVICE_LABEL, "operator": "In", "values": list(config.jobs or (JOB,))}
    return {
        **resource(version, kind),
        "spec": {
            "jobLabel": SERVICE_LABEL,
            "selector": {"matchExpressions": [jobs]},
            "endpoints": [{"targetPort": PORT, "path": "/metrics", "interval": "15s"}],
        },
    }


def _config_map(config: Config, text: str) -> Json:
    made = resource("v1", "ConfigMap", _dashboard_name(config))
    made["metadata"]["labels"]["grafana_dashboard"] = "1"
    made["metadata"]["annotations"] = {"grafana_folder": config.dashboard.folder}
    return {**made, "data": {f"{config.dashboard.uid}.json": text}}


def _grafana_dashboard(config: Config) -> Json:
    name = _dashboard_name(config)
    return {
        **resource("grafana.integreatly.org/v1beta1", "GrafanaDashboard", name),
        "spec": {
            "instanceSelector": {"matchLabels": {"dashboards": "grafana"}},
            "folder": config.dashboard.folder,
            "configMapRef": {"name": name, "key": f"{config.dashboard.uid}.json"},
        },
    }


def _dashboard_name(config: Config) -> str:
    """The name of the resource, in which fewer characters are allowed than in a uid."""
    return f"dashboard-{re.sub('[^a-z0-9]+', '-', config.dashboard.uid.lower())}".rstrip("-")
