"""The examples for GitOps lead to what is in the repository, and say what their tools know."""

from typing import Any

import pytest
import yaml

from delivery.targets import DASHBOARDS
from tests.delivery.targets.test_kubernetes import IN_ONE_PROCESS, wrong
from tools import ROOT

OVERLAY = ROOT / "cluster/kubernetes/overlays/example"
KUSTOMIZATION = yaml.safe_load((OVERLAY / "kustomization.yaml").read_text())
(ARGO_CD,), FLUX, (GIT_SYNC,) = (
    list(yaml.safe_load_all((ROOT / f"cluster/gitops/{name}.yaml").read_text()))
    for name in ("argo-cd", "flux", "grafana-git-sync")
)


def test_argo_cd_and_flux_apply_the_example_overlay_and_grafana_reads_the_dashboards() -> None:
    flux = FLUX[1]["spec"]
    assert ROOT / ARGO_CD["spec"]["source"]["path"] == ROOT / flux["path"] == OVERLAY
    assert ROOT / GIT_SYNC["spec"]["github"]["path"] == ROOT / DASHBOARDS
    assert ARGO_CD["spec"]["destination"]["namespace"] == KUSTOMIZATION["namespace"]


@IN_ONE_PROCESS
@pytest.mark.parametrize("resource", FLUX, ids=lambda each: each["kind"])
def test_fluxs_resources_follow_its_schema(resource: dict[str, Any]) -> None:
    assert wrong(resource) == []


def test_flux_fetches_all_that_the_overlay_is_made_of() -> None:
    everything, kept = FLUX[0]["spec"]["ignore"].splitlines()
    assert everything == "/*"
    for used in (*KUSTOMIZATION["resources"], *KUSTOMIZATION["components"]):
        assert (OVERLAY / used).resolve().is_relative_to(ROOT / kept.removeprefix("!/"))
