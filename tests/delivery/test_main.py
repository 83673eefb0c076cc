"""The command, as `make build`, `make check` and `make config` call it."""

import subprocess
import sys
from pathlib import Path

from contract.config import Config
from contract.file import load
from delivery.targets import ALERTS, build
from tests.conftest import Command, clean_environment
from tests.contract.example import OTHER


def test_a_configurations_files_are_built_checked_and_replaced_by_those_of_the_next(
    tmp_path: Path, command: Command
) -> None:
    root, other = ("--root", str(tmp_path)), ("--config", str(OTHER))
    assert command("delivery", "build", *root, *other).returncode == 0
    built = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert built == {tmp_path / path for path in build(load(OTHER))}
    assert command("delivery", "check", *root, *other).returncode == 0
    drifted = command("delivery", "check", *root)
    assert drifted.returncode == 1
    assert {"-          > 0.05", "+          > 0.01"} <= set(drifted.stdout.splitlines())
    assert "make build" in drifted.stderr
    assert command("delivery", "build", *root).returncode == 0
    built = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert built == {tmp_path / path for path in build(Config())}


def test_a_configuration_that_is_wrong_leaves_everything_as_it_was(
    tmp_path: Path, command: Command
) -> None:
    assert command("delivery", "build", "--root", str(tmp_path)).returncode == 0
    before = (tmp_path / ALERTS).read_bytes()
    wrong = tmp_path / "monitoring.yaml"
    wrong.write_text("failures: {threshold: 0}\n")
    done = command("delivery", "build", "--root", str(tmp_path), "--config", str(wrong))
    assert done.returncode == 2
    assert done.stderr == (
        f"build: nothing was written:\n{wrong}: failures.threshold: must be greater than 0, not 0\n"
    )
    assert (tmp_path / ALERTS).read_bytes() == before


def test_the_printed_configuration_can_be_built_from(tmp_path: Path, command: Command) -> None:
    printed = command("delivery", "config")
    file = tmp_path / "monitoring.yaml"
    file.write_text(printed.stdout)
    assert "threshold: 0.01  # " in printed.stdout
    assert command("delivery", "check", "--config", str(file)).returncode == 0


def test_a_configuration_that_is_there_is_never_written_over(
    tmp_path: Path, command: Command
) -> None:
    file = tmp_path / "monitoring.yaml"
    done = command("delivery", "config", "--out", str(file))
    assert (done.returncode, load(file)) == (0, Config())
    text = "failures: {threshold: 0.05}\n"
    file.write_text(text)
    done = command("delivery", "config", "--config", str(file), "--out", str(file))
    assert done.returncode == 1
    assert done.stderr.startswith(f"config: {file} is there already, and stays: ")
    assert file.read_text() == text


def test_a_configuration_that_the_shell_has_emptied_is_told(tmp_path: Path) -> None:
    """As by `make config > monitoring.yaml`; the defaults would be taken for what was there."""
    with (tmp_path / "monitoring.yaml").open("w") as emptied:
        done = subprocess.run(
            [sys.executable, "-m", "delivery", "config", "--out", "monitoring.yaml"],
            cwd=tmp_path,
            env=clean_environment(),
            check=False,
            stdout=emptied,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert "the shell has emptied monitoring.yaml before this ran" in done.stderr
    assert (tmp_path / "monitoring.yaml").read_text() == ""


def test_a_folder_that_cannot_be_written_leaves_all_files_as_they_were(
    tmp_path: Path, command: Command
) -> None:
    root, other = ("--root", str(tmp_path)), tmp_path / "other.yml"
    other.write_text("failures: {threshold: 0.05}\n")
    command("delivery", "build", *root)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.yaml")}
    provisioning = tmp_path / "cluster/grafana/provisioning/alerting"
    for file in provisioning.iterdir():
        file.unlink()
        before.pop(file)
    provisioning.rmdir()
    provisioning.write_text("in the way")
    done = command("delivery", "build", *root, "--config", str(other))
    assert done.returncode == 1
    assert done.stderr.startswith(f"build: {provisioning}")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.yaml")} == before


def test_a_mistake_in_the_command_gets_one_line(command: Command) -> None:
    done = command("delivery", "build", "--confg", "x")
    assert done.returncode == 2
    assert done.stderr.startswith("python -m delivery: unrecognized arguments: --confg x (see ")
    assert done.stderr.count("\n") == 1
