"""What other repositories use of ours, and the page that tells them how."""

import os
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


def _examples(word: str) -> list[str]:
    """The blocks of YAML in docs/ci.md that have `word`, with a commit where they say COMMIT."""
    return [each.replace("COMMIT", "a" * 40) for each in yaml_examples("docs/ci.md", word)]


def test_the_hook_is_one_that_pre_commit_takes_and_its_script_runs() -> None:
    file = ROOT / ".pre-commit-hooks.yaml"
    _accepted_by_pre_commit("validate-manifest", file)
    (hook,) = yaml.safe_load(file.read_text())
    assert os.access(ROOT / hook["entry"], os.X_OK)
    assert hook["pass_filenames"] is False  # a changed rule file is no test file


def test_the_pages_workflow_example_is_valid_and_gives_inputs_that_there_are(
    tmp_path: Path,
) -> None:
    (example,) = _examples("jobs:")
    file = tmp_path / "rules.yml"
    file.write_text(example)
    assert_follows("vendor.github-workflows", file)
    (job,) = yaml.safe_load(example)["jobs"].values()
    (used,) = re.findall(r"uses: .*", example)
    assert PINNED.fullmatch(used)
    ((place, name),) = re.findall(r"^(.+)/\.github/workflows/(.+)\.yml@a{40}$", job["uses"])
    assert place == "compozy/compozy-monitoring"
    inputs = WORKFLOWS[name]["on"]["workflow_call"]["inputs"]
    needed = {key for key, value in inputs.items() if value.get("required") == "true"}
    assert needed <= set(job["with"]) <= set(inputs)
    page = (ROOT / "docs/ci.md").read_text()
    assert set(inputs) == set(re.findall(r"^\| (files|ref|python) \|", page, re.MULTILINE))


def test_the_pages_other_examples_are_valid(tmp_path: Path) -> None:
    (config,) = _examples("repos:")
    file = tmp_path / ".pre-commit-config.yaml"
    file.write_text(config)
    _accepted_by_pre_commit("validate-config", file)
    ids = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    (repository,) = yaml.safe_load(config)["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == ids
    (dependabot,) = _examples("package-ecosystem:")
    file = tmp_path / "dependabot.yml"
    file.write_text(dependabot)
    assert_follows("vendor.dependabot", file)


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


def test_make_hands_patterns_on_as_they_are() -> None:
    pattern = "**/llm_*_nothing.yaml"
    done = finished(["make", "test-rules", f"FILES={pattern} *.nothing"], cwd=ROOT)
    assert done.returncode == 2
    assert f"test-rules: {pattern}: matches none\n" in done.stderr
    assert "test-rules: *.nothing: matches none\n" in done.stderr
