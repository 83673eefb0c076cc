"""The pre-commit hook, as pre-commit installs and runs it in a repository of others."""

import sys
from pathlib import Path

import pytest

from tools import ROOT
from tools.process import finished, succeeded

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


@pytest.mark.parametrize(
    ("expr", "file", "code", "said"),
    [
        ("== 0", "rules/down.yml", 0, "Passed"),
        ("== 1", "rules/down.yml", 1, "  FAIL  fires"),
        ("== 1", "read.me", 0, "(no files to check)Skipped"),
    ],
)
def test_the_hook_lets_good_rules_pass_and_refuses_others_and_runs_for_yaml_alone(
    tmp_path: Path, expr: str, file: str, code: int, said: str
) -> None:
    """The hook is that of this checkout; the other repository has a module of a name of ours."""
    files = {
        "rules/down.yml": RULES.replace("== 0", expr),
        "rules/down_test.yaml": TESTS,
        "tools/__init__.py": "raise AssertionError\n",
        "read.me": "read me\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    succeeded(["git", "init", "--quiet"], cwd=tmp_path)
    ours = ("try-repo", str(ROOT), "test-rules", "--files", file)
    done = finished([sys.executable, "-m", "pre_commit", *ours], cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert "test Prometheus rules" in done.stdout
    assert said in done.stdout
