"""What other repositories use of ours, and the page that tells them how."""

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml

from tests.documents import assert_follows, yaml_examples
from tests.test_workflows import PINNED, WORKFLOWS
from tools import ROOT
from tools.process import finished


def _accepted_by_pre_commit(command: str, file: Path) -> None:
    done = finished([sys.executable, "-m", "pre_commit", command, file])
    assert (done.returncode, done.stdout) == (0, "")


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
    _accepted_by_pre_commit("validate-manifest", manifest)
    _accepted_by_pre_commit("validate-config", example)
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
