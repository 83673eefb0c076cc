"""Schemas of custom resources, as packages carry them, and what they say of a resource of ours."""

from collections.abc import Mapping
from typing import Any

from cloudcoil.models.fluxcd.kustomize import v1 as kustomize
from cloudcoil.models.fluxcd.source import v1 as source
from cloudcoil.models.prometheus_operator import v1 as monitoring
from cloudcoil.resources import Resource

from tests.round_trip import lost

SCHEMAS: Mapping[tuple[str, str], type[Resource]] = {
    ("monitoring.coreos.com/v1", "PrometheusRule"): monitoring.PrometheusRule,
    ("monitoring.coreos.com/v1", "ServiceMonitor"): monitoring.ServiceMonitor,
    ("source.toolkit.fluxcd.io/v1", "GitRepository"): source.GitRepository,
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"): kustomize.Kustomization,
}
"""Grafana's and VictoriaMetrics' operators and Argo CD have none in a package for Python."""


def wrong(resource: Mapping[str, Any]) -> list[str]:
    """What the schema does not know of `resource`; raises where a value is none of its field's.

    The models leave out what they do not know, so what they read is written again and compared.
    """
    schema = SCHEMAS[resource["apiVersion"], resource["kind"]]
    read = schema.model_validate(resource)
    written = read.model_dump(mode="json", by_alias=True, exclude_none=True)
    return list(lost(resource, written, ""))
