"""The workflows are what docs/ci.md says of them."""

import re
import subprocess
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
STEPS: list[dict[str, Any]] = [step for job in JOBS.values() for step in job.get("steps", [])]
PINNED = re.compile(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
LOCAL = re.compile(r"uses: \./\.github/workflows/[\w-]+\.yml")

MAY_WRITE = {
    "release attest": {"attestations": "write", "contents": "read", "id-token": "write"},
    "release publish": {"contents": "write"},
}
"""The jobs that may do more than read, and neither checks out our code nor runs it."""

OTHER_COMMANDS = {
    "rules test": ['../compozy-monitoring/.ci/test-rules "$FILES"'],
    "release publish": [
        (
            'gh release create "$TAG" dist/*.tar.gz dist/SHA256SUMS '
            '--verify-tag --title "$TAG" --notes-file dist/NOTES.md'
        )
    ],
}
"""What runs beside make targets: from a checkout that is not ours, or without one."""


def _runs(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job.get("steps", []) if "run" in step]


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
    asked = {name: job["permissions"] for name, job in JOBS.items() if "permissions" in job}
    assert asked == MAY_WRITE
    for name in MAY_WRITE:
        used = [step["uses"] for step in JOBS[name]["steps"] if "uses" in step]
        assert not [action for action in used if action.startswith("actions/checkout@")]
        assert not [run for run in _runs(JOBS[name]) if ".ci/" in run or "make" in run]


def test_a_job_has_a_limit_of_time() -> None:
    # GitHub lets one that calls another workflow have none: that has it.
    jobs = [job for job in JOBS.values() if "uses" not in job]
    assert all(0 < int(job["timeout-minutes"]) <= 60 for job in jobs)


def test_no_checkout_leaves_its_credential_behind() -> None:
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) >= len(WORKFLOWS)
    assert {step["with"].get("persist-credentials") for step in checkouts} == {"false"}


def test_no_command_holds_an_expression_that_its_author_does_not_choose() -> None:
    for name, job in JOBS.items():
        for run in _runs(job):
            assert "${{" not in run, name  # values come by the environment


@pytest.mark.parametrize("name", [name for name, job in JOBS.items() if "steps" in job])
def test_a_job_runs_make_targets_that_there_are(name: str) -> None:
    expected = OTHER_COMMANDS.get(name, [])
    others = [" ".join(run.split()) for run in _runs(JOBS[name]) if not run.startswith(".ci/run ")]
    assert others == expected
    for run in _runs(JOBS[name]):
        if run.startswith(".ci/run "):
            assert set(run.split()[1:]) <= {*make_targets(), '"$TARGET"'}, run


def test_the_pipeline_runs_every_target_that_can_fail() -> None:
    run = set(WORKFLOWS["ci"]["jobs"]["slow"]["strategy"]["matrix"]["target"])
    run |= {word for run in _runs(WORKFLOWS["ci"]["jobs"]["tests"]) for word in run.split()}
    tests = {name for name in make_targets() if name.startswith("test")} - {"test-rules"}
    assert tests | {"check", "lint", "types", "mutants"} <= run
    assert WORKFLOWS["ci"]["jobs"]["rules"]["uses"] == "./.github/workflows/rules.yml"


def test_the_tests_run_on_every_python_from_the_oldest() -> None:
    versions = WORKFLOWS["ci"]["jobs"]["tests"]["strategy"]["matrix"]["python"]
    oldest = re.search(r'requires-python = ">=(.*)"', (ROOT / "pyproject.toml").read_text())
    assert oldest is not None
    assert versions[0] == oldest[1]
    assert versions == [f"3.{minor}" for minor in range(11, 11 + len(versions))]


def test_a_run_that_a_newer_push_makes_useless_is_ended_but_never_a_release() -> None:
    assert WORKFLOWS["ci"]["concurrency"]["cancel-in-progress"].startswith("${{")
    assert WORKFLOWS["release"]["concurrency"]["cancel-in-progress"] == "false"


def test_the_workflow_for_others_tests_with_the_commit_that_they_pinned() -> None:
    _, ours = (
        step["with"]
        for step in JOBS["rules test"]["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    )
    # Where a server does not tell, it is ours by name.
    told = "job.workflow_repository || 'compozy/compozy-monitoring'"
    assert ours["repository"] == f"${{{{ {told} }}}}"
    refs = re.fullmatch(r"\$\{\{ inputs\.ref \|\| job\.workflow_sha \|\| '(.+)' \}\}", ours["ref"])
    assert refs is not None
    # An empty ref would be the newest commit; this one names none.
    checked = subprocess.run(["git", "check-ref-format", "--branch", refs[1]], check=False)
    assert checked.returncode != 0


def test_a_release_publishes_what_make_release_writes() -> None:
    assert JOBS["release ci"]["uses"] == "./.github/workflows/ci.yml"
    build = JOBS["release build"]
    assert build["needs"] == "ci"
    assert _runs(build) == [".ci/run release"]
    assert {"TAG": "${{ github.ref_name }}"} in [step.get("env") for step in build["steps"]]
    assert JOBS["release publish"]["needs"] == ["build", "attest"]
    kept = [step["with"] for step in build["steps"] if "upload-artifact" in step.get("uses", "")]
    assert [(each["path"], each["if-no-files-found"]) for each in kept] == [("dist/", "error")]
