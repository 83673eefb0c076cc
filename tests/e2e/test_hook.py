"""The pre-commit hook, installed by pre-commit from a clone as its users do."""

import os
import shutil
import subprocess
import sys
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
PERSON = {
    f"GIT_{who}_{what}": "a@b.example"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return finished(command, cwd=folder, env={**os.environ, **PERSON})


def _commit(folder: Path, message: str) -> subprocess.CompletedProcess[str]:
    _run(folder, "git", "init", "--quiet")
    _run(folder, "git", "add", "--all")
    return _run(folder, "git", "commit", "-m", message)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A repository, whose hook is ours as it is here; its modules have names that ours have."""
    ours, folder = tmp_path / "ours", tmp_path / "theirs"
    ignored = (".git", ".venv", ".tools", ".data", "dist", ".dist-*", ".*_cache", "__pycache__")
    shutil.copytree(ROOT, ours, ignore=shutil.ignore_patterns(*ignored))
    assert _commit(ours, "all").returncode == 0
    commit = _run(ours, "git", "rev-parse", "HEAD").stdout.strip()
    files = {
        "rules/down.yml": RULES,
        "rules/down_test.yaml": TESTS,
        "tools/__init__.py": "raise AssertionError\n",
        ".pre-commit-config.yaml": CONFIG.format(repository=ours, commit=commit),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert _run(folder, "git", "init", "--quiet").returncode == 0
    installed = _run(folder, sys.executable, "-m", "pre_commit", "install")
    assert installed.returncode == 0, installed.stdout
    return folder


def test_the_hook_lets_good_rules_pass_stops_the_commit_of_a_broken_one_and_needs_yaml(
    theirs: Path,
) -> None:
    good = _commit(theirs, "good")
    assert good.returncode == 0, good.stderr  # where git has what a hook writes
    assert "test Prometheus rules" in good.stderr
    assert "Passed" in good.stderr
    for text, said in (
        (RULES.replace("== 0", "== 1"), "  FAIL  fires"),
        (RULES.replace("== 0", "== ("), "could not parse expression"),
    ):
        (theirs / "rules/down.yml").write_text(text)
        bad = _commit(theirs, "bad")
        assert bad.returncode == 1
        assert said in bad.stderr
        assert _run(theirs, "git", "log", "--format=%s").stdout == "good\n"
    _run(theirs, "git", "reset", "--quiet", "--hard")
    (theirs / "read.me").write_text("read me\n")
    without_yaml = _commit(theirs, "text")
    assert without_yaml.returncode == 0
    assert "(no files to check)Skipped" in without_yaml.stderr
