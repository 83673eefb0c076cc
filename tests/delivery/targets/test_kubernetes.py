"""What a cluster gets, also by GitOps: rendered by kubectl, held to the operators' schemas."""

import functools
import json
import re
import shutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import Config, Dashboard
from contract.document import Json
from delivery.targets import build
from delivery.targets.grafana import DASHBOARDS
from delivery.targets.kubernetes import BASE, KUBERNETES, files
from delivery.targets.prometheus import body
from delivery.writer import write
from tests.documents import changed, lost
from tools import ROOT, TOOLS_DIR, ToolError
from tools.debian import fetch
from tools.process import finished

EXAMPLE = KUBERNETES / "overlays/example"
KUSTOMIZATION = yaml.safe_load((ROOT / EXAMPLE / "kustomization.yaml").read_text())
(ARGO_CD,), FLUX, (GIT_SYNC,) = (
    list(yaml.safe_load_all((ROOT / f"cluster/gitops/{name}.yaml").read_text()))
    for name in ("argo-cd", "flux", "grafana-git-sync")
)
SUITE = "trixie"  # the first Debian release with one that knows components
SCHEMAS = {
    "monitoring.coreos.com/v1": "prometheus_operator.v1",
    "source.toolkit.fluxcd.io/v1": "fluxcd.source.v1",
    "kustomize.toolkit.fluxcd.io/v1": "fluxcd.kustomize.v1",
}
"""Grafana's and VictoriaMetrics' operators and Argo CD have none in a package for Python.

The modules take seconds to import, so tests of them run in one process."""

IN_ONE_PROCESS = pytest.mark.xdist_group("schemas")


@functools.cache
def _kubectl() -> str:
    """Where kubectl is: on PATH, else Debian's. Without either the test is skipped and says so."""
    if found := shutil.which("kubectl"):
        return found
    try:
        return str(fetch("kubectl", TOOLS_DIR / SUITE, SUITE) / "usr/bin/kubectl")
    except ToolError as error:
        pytest.skip(f"needs kubectl 1.21 or later on PATH, or Debian's package: {error}")


def rendered(folder: Path) -> dict[str, Json]:
    """The resources that `kubectl apply -k folder` would send, by their kind, one of each."""
    done = finished([_kubectl(), "kustomize", str(folder)], 120)
    assert done.returncode == 0, done.stderr
    resources = list(yaml.safe_load_all(done.stdout))
    found = {each["kind"]: each for each in resources}
    assert len(found) == len(resources)
    return found


def rendered_example(folder: Path, config: Config, component: str = "") -> dict[str, Json]:
    """What the example's overlay makes of the files of `config`, which are written to `folder`.

    `component` is one that the example names in a comment.
    """
    write(folder, build(config))
    overlay = folder / EXAMPLE
    shutil.copytree(ROOT / EXAMPLE, overlay)
    file = overlay / "kustomization.yaml"
    line = f"- ../../components/{component}"
    if component:
        file.write_text(file.read_text().replace(f"# {line}", line))
    return rendered(overlay)


def wrong(resource: Mapping[str, Any]) -> list[str]:
    """What the schema does not know of `resource`; raises where a value is none of its field's.

    The models leave out what they do not know, so what they read is written again and compared.
    """
    module = import_module(f"cloudcoil.models.{SCHEMAS[resource['apiVersion']]}")
    schema = getattr(module, resource["kind"])
    read = schema.model_validate(resource)
    written = read.model_dump(mode="json", by_alias=True, exclude_none=True)
    return lost(resource, written)


def test_the_rules_and_the_dashboard_are_those_of_the_files_and_small_enough_for_kubectl() -> None:
    base = rendered(ROOT / BASE)
    assert base["PrometheusRule"]["spec"] == body(Config())
    ((name, text),) = base["ConfigMap"]["data"].items()
    assert text == (ROOT / DASHBOARDS / name).read_text()
    # kubectl keeps a whole resource in an annotation, and 256 KiB is the limit of all together.
    assert max(len(json.dumps(each).encode()) for each in base.values()) < 128 * 1024


@pytest.mark.parametrize(("jobs", "values"), [((), ["compozy"]), (("a", "b"), ["a", "b"])])
def test_the_monitor_scrapes_the_jobs_of_the_configuration(
    jobs: tuple[str, ...], values: list[str]
) -> None:
    spec = yaml.safe_load(files(Config(jobs=jobs))[BASE / "service-monitor.yaml"])["spec"]
    (selected,) = spec["selector"]["matchExpressions"]
    assert selected == {"key": spec["jobLabel"], "operator": "In", "values": values}


@IN_ONE_PROCESS
@pytest.mark.parametrize(
    ("kind", "unknown"),
    [
        ("PrometheusRule", "spec.groups.0.every"),
        ("ServiceMonitor", "spec.endpoints.0.portNumber"),
        ("ServiceMonitor", "spec.namespaces"),
    ],
)
def test_a_resource_follows_its_schema_which_tells_a_field_that_an_operator_does_not_know(
    kind: str, unknown: str
) -> None:
    resource, example = (rendered(ROOT / folder)[kind] for folder in (BASE, EXAMPLE))
    assert wrong(resource) == wrong(example) == []
    assert wrong(changed(resource, unknown, "x")) == [unknown]


def test_the_example_sets_what_the_stack_selects_by_and_changes_nothing_else() -> None:
    base, example = rendered(ROOT / BASE), rendered(ROOT / EXAMPLE)
    assert set(example) == {*base, "GrafanaDashboard"}
    assert {each["metadata"]["namespace"] for each in example.values()} == {"monitoring"}
    for kind in ("PrometheusRule", "ServiceMonitor"):
        labels = base[kind]["metadata"]["labels"]
        wanted = {**labels, "release": "kube-prometheus-stack"}
        assert example[kind]["metadata"]["labels"] == wanted
    assert example["PrometheusRule"]["spec"] == base["PrometheusRule"]["spec"]
    assert example["ConfigMap"]["data"] == base["ConfigMap"]["data"]


@pytest.mark.parametrize(
    ("uid", "name"),
    [("My_Board", "dashboard-my-board"), ("__", "dashboard"), ("a-1", "dashboard-a-1")],
)
def test_a_uid_that_is_no_name_in_a_cluster_becomes_one(
    uid: str, name: str, tmp_path: Path
) -> None:
    resources = rendered_example(tmp_path, Config(dashboard=Dashboard(uid=uid)))
    names = [resources[kind]["metadata"]["name"] for kind in ("ConfigMap", "GrafanaDashboard")]
    assert names == [name, name]
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name)
    read = resources["GrafanaDashboard"]["spec"]["configMapRef"]
    assert read == {"name": name, "key": f"{uid}.json"}
    assert read["key"] in resources["ConfigMap"]["data"]


def test_argo_cd_and_flux_apply_the_example_overlay_and_grafana_reads_the_dashboards() -> None:
    flux = FLUX[1]["spec"]
    assert ROOT / ARGO_CD["spec"]["source"]["path"] == ROOT / flux["path"] == ROOT / EXAMPLE
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
        assert (ROOT / EXAMPLE / used).resolve().is_relative_to(ROOT / kept.removeprefix("!/"))
