"""What the documents and pins say is held to what is there."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from contract.config import Config
from contract.names import AlertName
from delivery.targets import ALERTS, groups
from tools import ROOT
from tools.promtool import Promtool

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation", "Escalation")
LOCKS = sorted(ROOT.glob("requirements/*.txt"))


@pytest.mark.parametrize("alert", AlertName)
def test_an_alerts_runbook_has_its_sections_filled(alert: AlertName) -> None:
    page = (ROOT / "docs/runbooks" / f"{alert}.md").read_text()
    assert Config().runbook_url(alert).endswith(f"docs/runbooks/{alert}.md")
    sections = dict(re.findall(r"^## (.+)\n+((?:(?!## ).*\n)*)", page, re.MULTILINE))
    for name in SECTIONS:
        assert len(sections[name].strip()) > 80, name
    assert "TODO" not in page


def test_every_runbook_belongs_to_an_alert() -> None:
    assert {path.stem for path in (ROOT / "docs/runbooks").glob("*.md")} == set(AlertName)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_documents_links_lead_to_files_that_are_there(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_the_page_on_rulers_tells_how_many_rules_each_group_has() -> None:
    """Mimir takes 20 in a group; and one rule by pattern of name keeps the first group in order."""
    alerts, panels = groups(Config())
    page = (ROOT / "docs/rulers.md").read_text()
    assert f"have {len(alerts.rules)} and {len(panels.rules)} rules, below" in page
    assert max(len(alerts.rules), len(panels.rules)) < 20
    assert any(re.search(r"\{__name__=~", rule.expr) for rule in alerts.rules)


def test_every_make_target_that_the_documents_name_exists() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", text, re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"`make ([a-z0-9-]+)", document.read_text()))
        assert named <= targets, document.name


def test_the_readmes_prometheus_configuration_loads_the_built_rules(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (block,) = (block for block in blocks if "rule_files:" in block)
    config = tmp_path / "prometheus.yml"
    (name,) = yaml.safe_load(block)["rule_files"]
    assert name.endswith(ALERTS.name)
    config.write_text(block.replace(name, str(ROOT / ALERTS)))
    assert "1 rule files found" in Promtool.found().check_config(config)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_each_package_with_hashes_and_holds_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    requirements = re.split(r"\n(?=[a-z])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE))
    for requirement in requirements:
        assert re.match(r"[a-z0-9.-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("lock", ["rules.txt", "run.txt"])
def test_what_users_get_is_what_the_tests_run_on(lock: str) -> None:
    pins = {
        path.name: set(re.findall(r"^[a-z0-9.-]+==\S+", path.read_text(), re.MULTILINE))
        for path in LOCKS
    }
    assert pins[lock]
    assert pins[lock] <= pins["dev.txt"]


def test_every_dependency_is_explained_in_the_readme() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    readme = (ROOT / "README.md").read_text()
    for group in groups.values():
        for package in group:
            if isinstance(package, str):
                name = re.split(r"[\[=]", package)[0]
                assert f"| {name} " in readme, package


def test_make_help_lists_every_target_that_users_call() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True)
    listed = set(re.findall(r"^make ([a-z0-9-]+) ", done.stdout, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert listed == set(phony[1].split())
