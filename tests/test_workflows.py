"""The workflows: valid, pinned, with few rights, and complete."""

import re
from typing import Any

import pytest
import yaml

from tests.documents import assert_follows, make_targets
from tools import ROOT

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
