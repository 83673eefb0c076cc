"""The examples for GitOps lead to what is in the repository, and say what their tools know."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.targets import DASHBOARDS
from tests.delivery.targets.schemas import IN_ONE_PROCESS, wrong
from tools import ROOT

Json = dict[str, Any]
GITOPS = ROOT / "cluster/gitops"
REPOSITORY = "https://github.com/compozy/compozy-monitoring"
OVERLAY = ROOT / "cluster/kubernetes/overlays/example"


def _resources(name: str) -> list[Json]:
    return list(yaml.safe_load_all((GITOPS / name).read_text()))


def test_argo_cd_applies_the_example_overlay() -> None:
    (application,) = _resources("argo-cd.yaml")
    source = application["spec"]["source"]
    assert source["repoURL"] == REPOSITORY
    assert ROOT / source["path"] == OVERLAY


def test_argo_cd_and_the_overlay_name_the_same_namespace() -> None:
    (application,) = _resources("argo-cd.yaml")
    overlay = yaml.safe_load((OVERLAY / "kustomization.yaml").read_text())
    assert application["spec"]["destination"]["namespace"] == overlay["namespace"]


@IN_ONE_PROCESS
@pytest.mark.parametrize("resource", _resources("flux.yaml"), ids=lambda each: each["kind"])
def test_fluxs_resources_follow_its_schema(resource: Json) -> None:
    assert wrong(resource) == []
    assert wrong({**resource, "spec": {**resource["spec"], "folder": "x"}}) == [".spec.folder"]


def test_flux_applies_the_example_overlay_of_the_repository_that_it_fetches() -> None:
    repository, kustomization = _resources("flux.yaml")
    assert repository["spec"]["url"] == REPOSITORY
    reference = kustomization["spec"]["sourceRef"]
    assert reference == {"kind": repository["kind"], "name": repository["metadata"]["name"]}
    assert repository["metadata"]["namespace"] == kustomization["metadata"]["namespace"]
    assert ROOT / kustomization["spec"]["path"] == OVERLAY


def test_flux_fetches_all_that_the_overlay_is_made_of() -> None:
    repository, _ = _resources("flux.yaml")
    everything, kept = repository["spec"]["ignore"].splitlines()
    assert everything == "/*"
    folder = ROOT / kept.removeprefix("!/")
    overlay = yaml.safe_load((OVERLAY / "kustomization.yaml").read_text())
    for used in (*overlay["resources"], *overlay["components"]):
        assert (OVERLAY / used).resolve().is_relative_to(folder)


def test_grafana_reads_the_folder_of_the_built_dashboards() -> None:
    (repository,) = _resources("grafana-git-sync.yaml")
    spec = repository["spec"]
    assert spec["github"]["url"] == REPOSITORY
    assert ROOT / spec["github"]["path"] == ROOT / DASHBOARDS
    assert spec["workflows"] == []


def test_no_example_holds_a_secret() -> None:
    for path in GITOPS.iterdir():
        for resource in _resources(path.name):
            assert resource.keys() == {"apiVersion", "kind", "metadata", "spec"}


def _read_by_git_sync(folder: Path) -> list[Path]:
    """The files that Git Sync takes for resources; it leaves alone what has another ending."""
    kinds = {".json", ".yaml", ".yml"}
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in kinds)


def test_every_file_that_grafana_reads_there_is_a_dashboard_that_it_recognises() -> None:
    found = _read_by_git_sync(ROOT / DASHBOARDS)
    assert [path.name for path in found] == ["compozy-monitoring.json"]
    for path in found:
        assert path.read_bytes()[:1] == b"{"
        dashboard = json.loads(path.read_text())
        # A classic dashboard is known by these three; with apiVersion and kind it is another form.
        assert isinstance(dashboard["panels"], list)
        assert isinstance(dashboard["schemaVersion"], int)
        assert dashboard["tags"]
        assert not dashboard.keys() & {"apiVersion", "kind"}
