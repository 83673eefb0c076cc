"""What a cluster gets: rendered by kubectl, held to the schemas of the operators."""

import copy
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from config import Config, Dashboard
from delivery.render import to_json
from delivery.targets.grafana import DASHBOARDS
from delivery.targets.kubernetes import BASE, GRAFANA_OPERATOR, KUBERNETES, PORT, files
from delivery.targets.prometheus import groups
from delivery.writer import write
from tests.delivery.targets.kubectl import rendered
from tests.delivery.targets.schemas import IN_ONE_PROCESS, wrong
from tools import ROOT

Json = dict[str, Any]
EXAMPLE = ROOT / KUBERNETES / "overlays/example"
DASHBOARD = "dashboard-compozy-monitoring"
ANNOTATION_LIMIT = 256 * 1024
"""Bytes of all annotations together. `kubectl apply` keeps the whole resource in one."""


def _by_kind(resources: list[Json]) -> dict[str, Json]:
    found = {each["kind"]: each for each in resources}
    assert len(found) == len(resources)
    return found


@pytest.fixture(scope="module")
def base() -> dict[str, Json]:
    """The base as rendered, by kind."""
    return _by_kind(rendered(ROOT / BASE))


@pytest.fixture(scope="module")
def example() -> dict[str, Json]:
    """The example's overlay as rendered, by kind."""
    return _by_kind(rendered(EXAMPLE))


def test_the_rules_are_those_of_the_rule_file(base: Mapping[str, Json]) -> None:
    wanted = [group.to_dict() for group in groups(Config())]
    assert base["PrometheusRule"]["spec"] == {"groups": wanted}


def test_the_monitor_scrapes_compozys_port_so_that_the_job_has_its_name(
    base: Mapping[str, Json],
) -> None:
    spec = base["ServiceMonitor"]["spec"]
    (endpoint,) = spec["endpoints"]
    assert (endpoint["targetPort"], endpoint["path"]) == (5001, "/metrics")
    (selected,) = spec["selector"]["matchExpressions"]
    assert selected == {"key": spec["jobLabel"], "operator": "In", "values": ["compozy"]}
    assert PORT == 5001


def test_the_monitor_scrapes_the_jobs_of_the_configuration() -> None:
    made = files(Config(jobs=("blue", "green")))[BASE / "service-monitor.yaml"]
    (selected,) = yaml.safe_load(made)["spec"]["selector"]["matchExpressions"]
    assert selected["values"] == ["blue", "green"]


def test_the_dashboard_is_the_one_that_grafana_loads_from_files(base: Mapping[str, Json]) -> None:
    config_map = base["ConfigMap"]
    assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert config_map["metadata"]["annotations"] == {"grafana_folder": "Compozy"}
    ((name, text),) = config_map["data"].items()
    assert text == (ROOT / DASHBOARDS / name).read_text()
    assert text == to_json(json.loads(text))


@pytest.mark.parametrize("kind", ["PrometheusRule", "ServiceMonitor", "ConfigMap"])
def test_a_resource_is_small_enough_for_kubectl_apply(base: Mapping[str, Json], kind: str) -> None:
    assert len(json.dumps(base[kind]).encode()) < ANNOTATION_LIMIT / 2


@IN_ONE_PROCESS
@pytest.mark.parametrize("kind", ["PrometheusRule", "ServiceMonitor"])
def test_a_resource_follows_its_schema(
    base: Mapping[str, Json], example: Mapping[str, Json], kind: str
) -> None:
    assert wrong(base[kind]) == []
    assert wrong(example[kind]) == []


@pytest.mark.parametrize(
    ("kind", "place", "told"),
    [
        ("PrometheusRule", ("spec", "groups", 0, "every"), ".spec.groups[0].every"),
        ("ServiceMonitor", ("spec", "endpoints", 0, "portNumber"), ".spec.endpoints[0].portNumber"),
        ("ServiceMonitor", ("spec", "namespaces"), ".spec.namespaces"),
    ],
)
@IN_ONE_PROCESS
def test_the_schema_tells_a_field_that_an_operator_does_not_know(
    base: Mapping[str, Json], kind: str, place: tuple[str | int, ...], told: str
) -> None:
    resource: Any = copy.deepcopy(base[kind])
    where = resource
    for step in place[:-1]:
        where = where[step]
    where[place[-1]] = "x"
    assert wrong(resource) == [told]


@IN_ONE_PROCESS
def test_the_schema_refuses_a_value_of_another_kind(base: Mapping[str, Json]) -> None:
    resource = copy.deepcopy(base["ServiceMonitor"])
    resource["spec"]["endpoints"][0]["interval"] = "quarterly"
    with pytest.raises(ValidationError, match="interval"):
        wrong(resource)


def test_the_example_sets_namespace_and_the_labels_that_the_stack_selects(
    example: Mapping[str, Json],
) -> None:
    for resource in example.values():
        assert resource["metadata"]["namespace"] == "monitoring"
    for kind in ("PrometheusRule", "ServiceMonitor"):
        assert example[kind]["metadata"]["labels"]["release"] == "kube-prometheus-stack"
        assert example[kind]["metadata"]["labels"]["app.kubernetes.io/name"] == "compozy-monitoring"
    assert example["ServiceMonitor"]["spec"]["namespaceSelector"] == {"matchNames": ["compozy"]}


def test_the_example_changes_nothing_else(
    base: Mapping[str, Json], example: Mapping[str, Json]
) -> None:
    assert set(example) == {*base, "GrafanaDashboard"}
    assert example["PrometheusRule"]["spec"] == base["PrometheusRule"]["spec"]
    assert example["ConfigMap"]["data"] == base["ConfigMap"]["data"]


def test_grafanas_operator_reads_the_dashboard_from_the_config_map(
    example: Mapping[str, Json],
) -> None:
    dashboard, config_map = example["GrafanaDashboard"], example["ConfigMap"]
    assert dashboard["apiVersion"] == "grafana.integreatly.org/v1beta1"
    # No package carries its schema: these are all its fields.
    assert dashboard["spec"] == {
        "instanceSelector": {"matchLabels": {"dashboards": "grafana"}},
        "folder": "Compozy",
        "configMapRef": {"name": DASHBOARD, "key": "compozy-monitoring.json"},
    }
    assert config_map["metadata"]["name"] == DASHBOARD
    assert "compozy-monitoring.json" in config_map["data"]


@pytest.mark.parametrize(
    ("uid", "name"),
    [("My_Board", "dashboard-my-board"), ("__", "dashboard"), ("a-1", "dashboard-a-1")],
)
def test_a_uid_that_is_no_name_in_a_cluster_becomes_one(
    uid: str, name: str, tmp_path: Path
) -> None:
    write(tmp_path, files(Config(dashboard=Dashboard(uid=uid))))
    made = [
        yaml.safe_load((tmp_path / folder / f"dashboard-{uid}.yaml").read_text())
        for folder in (BASE, GRAFANA_OPERATOR)
    ]
    assert [each["metadata"]["name"] for each in made] == [name, name]
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name)
    assert made[1]["spec"]["configMapRef"] == {"name": name, "key": f"{uid}.json"}
    overlay = tmp_path / KUBERNETES / "overlays/example"
    shutil.copytree(EXAMPLE, overlay)
    assert set(_by_kind(rendered(overlay))) >= {"ConfigMap", "GrafanaDashboard"}
