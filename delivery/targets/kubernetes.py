"""Kubernetes resources for Prometheus' operator and for Grafana's sidecar or operator.

The base is for kustomize. Resources of any further operator are in a component of their own,
because a cluster that does not know such a resource refuses everything that is applied with it.
"""

import re
from typing import Any

from config import Config
from dashboards import dashboards
from delivery.render import to_json, to_yaml
from delivery.targets.files import CLUSTER, Files
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

_MONITORING = "monitoring.coreos.com/v1"
_KUSTOMIZE = "kustomize.config.k8s.io"
_OVERLAY = "Namespace and labels are an overlay's: ../overlays/example."


def files(config: Config) -> Files:
    """The base, and the component for Grafana's operator."""
    made = {
        BASE / "prometheus-rule.yaml": to_yaml(_rule(config), comment=COMMENT),
        BASE / "service-monitor.yaml": to_yaml(
            service_scrape(config, _MONITORING, "ServiceMonitor"),
            comment="Scrapes each Service that has the label below, in its own namespace.",
        ),
    }
    shown = [(dashboard["uid"], to_json(dashboard)) for dashboard in dashboards(config)]
    made |= {
        BASE / f"dashboard-{uid}.yaml": to_yaml(
            _config_map(config, uid, text),
            comment="Source: dashboards/. Grafana's sidecar finds it.",
        )
        for uid, text in shown
    }
    resources = [path.name for path in made]
    made[BASE / "kustomization.yaml"] = to_yaml(
        {"apiVersion": f"{_KUSTOMIZE}/v1beta1", "kind": "Kustomization", "resources": resources},
        comment=_OVERLAY,
    )
    return made | _grafana_operator(config, [uid for uid, _ in shown])


def _grafana_operator(config: Config, uids: list[str]) -> Files:
    made = {
        GRAFANA_OPERATOR / f"dashboard-{uid}.yaml": to_yaml(
            _grafana_dashboard(config, uid),
            comment="Names the base's ConfigMap, so that the dashboard stands there alone.",
        )
        for uid in uids
    }
    return made | {
        GRAFANA_OPERATOR / "kustomization.yaml": component(
            [path.name for path in made],
            comment="For clusters with grafana-operator (v5): an overlay names it in `components`.",
        )
    }


def component(resources: list[str], *, comment: str, **more: Any) -> str:
    """The text of a kustomization that an overlay adds to the base."""
    kustomization = {"apiVersion": f"{_KUSTOMIZE}/v1alpha1", "kind": "Component"}
    return to_yaml({**kustomization, "resources": resources, **more}, comment=comment)


def resource(version: str, kind: str, name: str = NAME) -> dict[str, Any]:
    """The version, kind and metadata of one of our resources."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": dict(LABELS)}}


def service_scrape(config: Config, version: str, kind: str) -> dict[str, Any]:
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


def _rule(config: Config) -> dict[str, Any]:
    return {**resource(_MONITORING, "PrometheusRule"), "spec": body(config)}


def _config_map(config: Config, uid: str, text: str) -> dict[str, Any]:
    made = resource("v1", "ConfigMap", _dashboard_name(uid))
    made["metadata"]["labels"]["grafana_dashboard"] = "1"
    made["metadata"]["annotations"] = {"grafana_folder": config.dashboard.folder}
    return {**made, "data": {f"{uid}.json": text}}


def _grafana_dashboard(config: Config, uid: str) -> dict[str, Any]:
    return {
        **resource("grafana.integreatly.org/v1beta1", "GrafanaDashboard", _dashboard_name(uid)),
        "spec": {
            "instanceSelector": {"matchLabels": {"dashboards": "grafana"}},
            "folder": config.dashboard.folder,
            "configMapRef": {"name": _dashboard_name(uid), "key": f"{uid}.json"},
        },
    }


def _dashboard_name(uid: str) -> str:
    """The name of the resource, in which fewer characters are allowed than in a uid."""
    return f"dashboard-{re.sub('[^a-z0-9]+', '-', uid.lower())}".rstrip("-")
