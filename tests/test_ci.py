"""The workflows, what other repositories use of ours, and the page that tells them how."""

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents import assert_follows, make_targets, yaml_examples
from tools import ROOT
from tools.process import finished

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[str, Any]] = {
    path.stem: yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506  # `on` is a text
    for path in FILES
}
JOBS: dict[str, dict[str, Any]] = {
    f"{name} {job}": body for name, flow in WORKFLOWS.items() for job, body in flow["jobs"].items()
}
PINNED = re.compile(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
LOCAL = re.compile(r"uses: \./\.github/workflows/[\w-]+\.yml")


def _runs(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job.get("steps", []) if "run" in step]


def _checkouts(job: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for step in job.get("steps", []) if "actions/checkout@" in step.get("uses", "")]


def test_workflows_and_dependabots_file_follow_their_schemas() -> None:
    for file in FILES:
        assert_follows("vendor.github-workflows", file)
    assert_follows("vendor.dependabot", ROOT / ".github/dependabot.yml")


def test_each_action_is_pinned_by_one_commit_everywhere_with_its_version_beside_it() -> None:
    lines = [line for file in FILES for line in file.read_text().splitlines()]
    used = {line.strip().removeprefix("- ") for line in lines if re.search(r"\buses\b.*:", line)}
    for line in used:
        assert PINNED.fullmatch(line) or LOCAL.fullmatch(line), line
    actions = [line.partition("@")[0] for line in used]
    assert sorted(actions) == sorted(set(actions))


def test_only_jobs_that_run_none_of_our_code_may_do_more_than_read_the_repository() -> None:
    assert all(flow["permissions"] == {"contents": "read"} for flow in WORKFLOWS.values())
    writing = [job for job in JOBS.values() if "write" in job.get("permissions", {}).values()]
    assert writing
    for job in writing:
        assert not _checkouts(job)
        assert not [run for run in _runs(job) if ".ci/" in run or "make" in run]


# One that calls another workflow has nothing of its own.
@pytest.mark.parametrize("name", [name for name, job in JOBS.items() if "uses" not in job])
def test_a_job_has_a_limit_of_time_leaves_no_credential_and_gets_values_by_the_environment(
    name: str,
) -> None:
    job = JOBS[name]
    assert 0 < int(job["timeout-minutes"]) <= 60
    assert not [run for run in _runs(job) if "${{" in run]
    assert {step["with"]["persist-credentials"] for step in _checkouts(job)} <= {"false"}


def test_the_pipeline_runs_every_target_that_can_fail_and_none_that_there_is_not() -> None:
    ci = WORKFLOWS["ci"]["jobs"]
    run = {*ci["slow"]["strategy"]["matrix"]["target"]}
    run.update(*(words.split()[1:] for words in _runs(ci["tests"])))
    tests = {name for name in make_targets() if name.startswith("test")} - {"test-rules"}
    assert run == tests | {"check", "lint", "types", "mutants"}
    assert ci["rules"]["uses"] == "./.github/workflows/rules.yml"


def test_a_release_waits_for_all_that_a_change_of_main_must_pass() -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    assert jobs["ci"]["uses"] == "./.github/workflows/ci.yml"
    assert jobs["build"]["needs"] == "ci"
    assert jobs["publish"]["needs"] == ["build", "attest"]


def _example(folder: Path, word: str) -> Path:
    """A file with the example in docs/ci.md that has `word`, with a commit where it says COMMIT."""
    (example,) = yaml_examples("docs/ci.md", word)
    file = folder / "example.yaml"
    file.write_text(example.replace("COMMIT", "a" * 40))
    return file


def test_the_hook_and_the_pages_configuration_of_it_are_ones_that_pre_commit_takes(
    tmp_path: Path,
) -> None:
    manifest, example = ROOT / ".pre-commit-hooks.yaml", _example(tmp_path, "repos:")
    for command, file in (("validate-manifest", manifest), ("validate-config", example)):
        done = finished([sys.executable, "-m", "pre_commit", command, file])
        assert (done.returncode, done.stdout) == (0, "")
    (hook,), config = (yaml.safe_load(file.read_text()) for file in (manifest, example))
    assert [each["id"] for each in config["repos"][0]["hooks"]] == [hook["id"]]
    assert hook["pass_filenames"] is False  # a changed rule file is no test file


def test_the_pages_workflow_and_dependabot_file_are_valid_and_give_inputs_that_there_are(
    tmp_path: Path,
) -> None:
    assert_follows("vendor.dependabot", _example(tmp_path, "package-ecosystem:"))
    file = _example(tmp_path, "jobs:")
    assert_follows("vendor.github-workflows", file)
    assert PINNED.search(file.read_text())
    (job,) = yaml.safe_load(file.read_text())["jobs"].values()
    inputs = WORKFLOWS["rules"]["on"]["workflow_call"]["inputs"]
    needed = {key for key, value in inputs.items() if value.get("required") == "true"}
    assert needed <= set(job["with"]) <= set(inputs)
    assert "/.github/workflows/rules.yml@" in job["uses"]


def test_the_script_for_others_runs_where_it_is_called_with_our_modules(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise AssertionError\n")
    (tmp_path / "rules.yml").write_text("groups: [{name: g, rules: [{record: 'a:b', expr: up}]}]\n")
    asked = "{expr: 'a:b', eval_time: 1m, exp_samples: [{labels: 'a:b', value: 1}]}"
    case = f"promql_expr_test: [{asked}]"
    series = "[{series: up, values: 1x5}]"
    (tmp_path / "a b_test.yml").write_text(
        f"rule_files: [rules.yml]\ntests: [{{name: a, input_series: {series}, {case}}}]\n"
    )
    done = finished([ROOT / ".ci/test-rules", "*_test.yml\n\n"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2:4] == ["a b_test.yml", "  pass  a"]


def test_the_script_for_others_needs_no_other_packages_than_it_installs() -> None:
    """Its environment has those of requirements/rules.txt alone, ours has all."""
    code = """
import sys
before = set(sys.modules)
import rules_tests.__main__
print(*{name.split(".")[0] for name in sys.modules.keys() - before})
"""
    done = finished([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
    packages = packages_distributions()
    needed = {name.lower() for module in done.stdout.split() for name in packages.get(module, ())}
    pinned = (ROOT / "requirements/rules.txt").read_text()
    assert needed <= set(re.findall(r"^([a-z0-9.-]+)==", pinned, re.MULTILINE))
