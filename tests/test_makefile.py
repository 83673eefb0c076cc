"""What make itself does, before and beside the commands that it calls."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import script
from tests.documents import make_targets
from tools import ROOT
from tools.process import finished

GROUPS = ("dev", "run", "rules")


def _make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    # Without what a make around the tests was told.
    return finished(["make", *arguments], cwd=folder, env=ours)


def test_make_help_lists_every_target_in_groups_with_a_newcomers_five_on_top() -> None:
    done = _make("help")
    first, *others = (
        re.findall(r"^  make ([a-z0-9-]+) +\S", part, re.MULTILINE)
        for part in done.stdout.strip().split("\n\n")
    )
    assert first == ["demo", "up", "preview", "build", "test"]
    listed = [*first, *(name for group in others for name in group), "help"]
    assert sorted(listed) == sorted(make_targets())


def test_with_values_of_ones_own_make_test_says_what_it_runs() -> None:
    done = _make("--dry-run", "test", "CONFIG=my.yaml")
    assert "test: my.yaml has values of its own" in done.stdout
    assert "MONITORING_CONFIG='my.yaml'" in done.stdout
    assert "rules_tests/test_configured.py" in done.stdout
    assert "values of its own" not in _make("--dry-run", "test", "CONFIG=").stdout


def test_make_passes_its_variables_on() -> None:
    done = _make("--no-print-directory", "demo", "SCENARIO=party", "PORT_OFFSET=7")
    assert done.returncode == 2
    assert "invalid choice: 'party'" in done.stderr


def test_make_hands_patterns_on_as_they_are() -> None:
    pattern = "**/llm_*_nothing.yaml"
    done = _make("test-rules", f"FILES={pattern} *.nothing")
    assert done.returncode == 2
    assert f"test-rules: {pattern}: matches none\n" in done.stderr
    assert "test-rules: *.nothing: matches none\n" in done.stderr


def test_where_tests_are_set_up_no_command_sets_up_again(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("tools/bootstrap.py", *(f"requirements/{one}.txt" for one in GROUPS)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    python = script(tmp_path / "python", "echo sets up $3; mkdir -p .venv")
    stamps = [f".venv/{group}.stamp" for group in GROUPS]
    done = _make(*stamps, f"PYTHON={python}", folder=tmp_path)
    assert re.findall(r"sets up (\w+)", done.stdout) == ["dev"], done.stderr


@pytest.mark.parametrize(("status", "kept"), [(0, True), (4, True), (3, False), (127, False)])
def test_clean_leaves_a_stack_that_runs_its_files(
    tmp_path: Path, status: int, *, kept: bool
) -> None:
    """As `status` tells it: 0 it runs, 4 it runs badly, 3 none runs; or Python is broken."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    python = script(tmp_path / ".venv/bin/python", f"exit {status}")
    done = _make("clean", folder=tmp_path)
    assert python.exists() == kept
    assert ("a stack runs here, or a killed one is left: make down ends it" in done.stderr) == kept
