"""Schemas of custom resources, as packages carry them, and what they say of a resource of ours."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

from tests.documents import lost

_MODELS = "cloudcoil.models"
SCHEMAS = {
    ("monitoring.coreos.com/v1", "PrometheusRule"): f"{_MODELS}.prometheus_operator.v1",
    ("monitoring.coreos.com/v1", "ServiceMonitor"): f"{_MODELS}.prometheus_operator.v1",
    ("source.toolkit.fluxcd.io/v1", "GitRepository"): f"{_MODELS}.fluxcd.source.v1",
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"): f"{_MODELS}.fluxcd.kustomize.v1",
}
"""Grafana's and VictoriaMetrics' operators and Argo CD have none in a package for Python.

The modules take seconds to import, so tests of them run in one process."""

IN_ONE_PROCESS = pytest.mark.xdist_group("schemas")


def wrong(resource: Mapping[str, Any]) -> list[str]:
    """What the schema does not know of `resource`; raises where a value is none of its field's.

    The models leave out what they do not know, so what they read is written again and compared.
    """
    module = import_module(SCHEMAS[resource["apiVersion"], resource["kind"]])
    schema = getattr(module, resource["kind"])
    read = schema.model_validate(resource)
    written = read.model_dump(mode="json", by_alias=True, exclude_none=True)
    return list(lost(resource, written, ""))
