"""What the documents and pins say is held to what is there."""

import re
import tomllib
from pathlib import Path

import pytest

from config import ALERT_NAMES, Config
from delivery.targets import groups
from tests.documents import imported, make_targets
from tools import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation", "Escalation")
ROOMS = {
    room: set(filter(None, may_import.strip().split(", ")))
    for room, may_import in re.findall(
        r"^\| (\w+) \| [^|]+ \|(.*)\|$",
        (ROOT / "CONTRIBUTING.md").read_text().partition("may import |\n")[2].partition("\n\n")[0],
        re.MULTILINE,
    )
}
"""Which rooms each may import beside itself, as CONTRIBUTING.md tells; tests/ may import all."""
LOCKS = sorted(ROOT.glob("requirements/*.txt"))


@pytest.mark.parametrize(
    "alert", sorted({*ALERT_NAMES, *(page.stem for page in ROOT.glob("docs/runbooks/*.md"))})
)
def test_each_alert_has_a_runbook_with_its_sections_filled_and_nothing_else_has(alert: str) -> None:
    assert alert in ALERT_NAMES
    page = (ROOT / "docs/runbooks" / f"{alert}.md").read_text()
    assert Config().runbook_url(alert).endswith(f"docs/runbooks/{alert}.md")
    sections = dict(re.findall(r"^## (.+)\n+((?:(?!## ).*\n)*)", page, re.MULTILINE))
    for name in SECTIONS:
        assert len(sections[name].strip()) > 80, name
    assert "TODO" not in page


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_documents_links_lead_to_files_that_are_there(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_no_group_has_more_rules_than_mimir_takes() -> None:
    assert max(len(group.rules) for group in groups(Config())) < 20


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = make_targets()
    for document in DOCUMENTS:
        named = set(re.findall(r"`make ([a-z0-9-]+)", document.read_text()))
        assert named <= targets, document.name


@pytest.mark.parametrize("room", sorted({*ROOMS} - {"tests"}))
def test_a_room_imports_only_those_that_it_may(room: str) -> None:
    for file in (ROOT / room).rglob("*.py"):
        assert {*imported(file)} & {*ROOMS} <= {room, *ROOMS[room]}, file.relative_to(ROOT)


def test_contributing_tells_every_room() -> None:
    rooms = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert rooms == {*ROOMS}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_index(lock: Path) -> None:
    assert "://" not in lock.read_text()  # pip itself refuses what has no hash


@pytest.mark.parametrize("lock", ["exporter.txt", "rules.txt", "run.txt"])
def test_what_users_get_is_what_the_tests_run_on(lock: str) -> None:
    pins = {
        path.name: set(re.findall(r"^[a-z0-9.-]+==\S+", path.read_text(), re.MULTILINE))
        for path in LOCKS
    }
    assert pins[lock]
    assert pins[lock] <= pins["dev.txt"]


def test_every_dependency_is_explained_once() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    packages = {each for group in groups.values() for each in group if isinstance(each, str)}
    page = (ROOT / "docs/dependencies.md").read_text()
    explained = re.findall(r"^\| (\w[\w-]*) \|", page, re.MULTILINE)
    assert sorted(explained[1:]) == sorted(re.split(r"[\[=<]", package)[0] for package in packages)
