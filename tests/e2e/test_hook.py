"""The pre-commit hook, installed by pre-commit from a clone as its users do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import ROOT
from tools.process import finished

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

RULES = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"
TESTS = """
rule_files: [down.yml]
tests:
  - name: fires
    interval: 1m
    input_series: [{series: 'up{job="a"}', values: 0+0x5}]
    alert_rule_test: [{eval_time: 5m, alertname: Down, exp_alerts: [{exp_labels: {job: a}}]}]
"""
CONFIG = """
repos:
  - repo: {repository}
    rev: {commit}
    hooks:
      - id: test-rules
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command with an identity for git, and with pre-commit's files in a folder of ours."""
    home = tmp_path_factory.mktemp("pre-commit")
    # git's own variables, where a hook of ours runs these tests, are about another repository.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    person = {
        f"GIT_{who}_{what}": "a@b.example"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    environment = {**kept, **person, "PRE_COMMIT_HOME": str(home)}

    def call(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
        return finished(command, cwd=folder, env=environment)

    return call


@pytest.fixture(scope="module")
def ours(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository of this checkout's files, committed or not, and its commit."""
    folder = tmp_path_factory.mktemp("ours")
    listed = run(ROOT, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in listed.stdout.split("\0")[:-1]:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "all"]):
        assert run(folder, "git", *command).returncode == 0
    return folder, run(folder, "git", "rev-parse", "HEAD").stdout.strip()


@pytest.fixture
def theirs(run: Run, ours: tuple[Path, str], tmp_path: Path) -> Path:
    """Another repository, whose hook is ours; its own modules have names that ours have."""
    folder = tmp_path / "theirs"
    repository, commit = ours
    files = {
        "rules/down.yml": RULES,
        "rules/down_test.yaml": TESTS,
        "tools/__init__.py": "raise AssertionError\n",
        ".pre-commit-config.yaml": CONFIG.format(repository=repository, commit=commit),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert run(folder, "git", "init", "--quiet").returncode == 0
    installed = run(folder, sys.executable, "-m", "pre_commit", "install")
    assert installed.returncode == 0, installed.stdout
    return folder


def _commit(run: Run, folder: Path, message: str) -> subprocess.CompletedProcess[str]:
    run(folder, "git", "add", "--all")
    return run(folder, "git", "commit", "-m", message)


def test_the_hook_lets_good_rules_pass_stops_the_commit_of_a_broken_one_and_needs_yaml(
    run: Run, theirs: Path
) -> None:
    good = _commit(run, theirs, "good")
    assert good.returncode == 0, good.stderr  # where git has what a hook writes
    assert "test Prometheus rules" in good.stderr
    assert "Passed" in good.stderr
    for text, said in (
        (RULES.replace("== 0", "== 1"), "  FAIL  fires"),
        (RULES.replace("== 0", "== ("), "could not parse expression"),
    ):
        (theirs / "rules/down.yml").write_text(text)
        bad = _commit(run, theirs, "bad")
        assert bad.returncode == 1
        assert said in bad.stderr
        assert run(theirs, "git", "log", "--format=%s").stdout == "good\n"
    run(theirs, "git", "reset", "--quiet", "--hard")
    (theirs / "read.me").write_text("read me\n")
    without_yaml = _commit(run, theirs, "text")
    assert without_yaml.returncode == 0
    assert "(no files to check)Skipped" in without_yaml.stderr
