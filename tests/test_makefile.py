"""What make itself does, before and beside the commands that it calls."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import script
from tests.documents import make_targets
from tools import ROOT
from tools.process import awaited, finished

GROUPS = ("dev", "run", "rules")
MAKE = ("make", f"--file={ROOT}/Makefile")


def _environment() -> dict[str, str]:
    """Ours, without what a make around the tests was told."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def _make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return finished([*MAKE, *arguments], cwd=folder, env=_environment())


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
    done = _make("--no-print-directory", "demo", "SCENARIO=party", "PORT_OFFSET=-7")
    assert done.returncode == 2
    assert "invalid choice: 'party'" in done.stderr
    assert '--for="-5m"' in _make("--dry-run", "fault", "NAME=token-spike", "FOR=-5m").stdout


def test_make_hands_patterns_on_as_they_are() -> None:
    pattern = "**/llm_*_nothing.yaml"
    done = _make("test-rules", f"FILES={pattern} *.nothing")
    assert done.returncode == 2
    assert f"test-rules: {pattern}: matches no file\n" in done.stderr
    assert "test-rules: *.nothing: matches no file\n" in done.stderr


def test_where_tests_are_set_up_no_command_sets_up_again(tmp_path: Path) -> None:
    for name in ("tools/bootstrap.py", *(f"requirements/{one}.txt" for one in GROUPS)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    python = script(tmp_path / "python", "echo sets up $3; mkdir -p .venv")
    stamps = [f".venv/{group}.stamp" for group in GROUPS]
    done = _make(*stamps, f"PYTHON={python}", folder=tmp_path)
    assert re.findall(r"sets up (\w+)", done.stdout) == ["dev"], done.stderr


@pytest.mark.parametrize("target", [".venv/run.stamp", "lock"])
@pytest.mark.parametrize("version", [None, (3, 10)])
def test_a_python_that_is_missing_or_too_old_is_told_what_to_do(
    tmp_path: Path, version: tuple[int, int] | None, target: str
) -> None:
    python = tmp_path / "python"
    if version:
        script(python, f'exec {sys.executable} -c "import sys; sys.version_info = {version}; $2"')
    done = _make("--always-make", target, f"PYTHON={python}")
    assert done.returncode == 2
    told = f"setup: {python} is missing, or older than 3.11: install Python 3.11 or later,"
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", ["up PORT_OFFSET=100", "preview PICTURE=x.png", "test CONFIG=x.yaml"]
)
def test_what_ends_make_ends_its_command_even_if_that_needs_a_shell(
    tmp_path: Path, command: str
) -> None:
    lines = "trap 'touch ended; exit 1' TERM\ntouch begun\nfor i in $(seq 600); do sleep 0.1; done"
    script(tmp_path / ".venv/bin/python", lines)
    done = [f"--old-file=.venv/{group}.stamp" for group in GROUPS]  # what sets up is not here
    asked = [*MAKE, *done, *command.split()]
    with subprocess.Popen(asked, cwd=tmp_path, env=_environment()) as make:
        assert awaited((tmp_path / "begun").exists)
        make.terminate()
    assert (tmp_path / "ended").exists()


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a checkout, with a docker on PATH that does the given lines.

    What docker was asked is in the checkout's file `asked`.
    """
    (tmp_path / "cluster").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    def made(lines: str) -> Path:
        script(tmp_path / "bin/docker", f'echo "$@" >> {tmp_path}/asked\n{lines}')
        return tmp_path

    return made


def test_up_compose_starts_the_chain_with_passwords_made_once_for_their_owner_alone(
    docker: Callable[[str], Path],
) -> None:
    """They are added to what the user wrote, here without a line's end."""
    checkout = docker("exit 0")
    file = checkout / "cluster/.env"
    file.write_text("GRAFANA_PORT=13000")
    done = _make("up-compose", folder=checkout)
    assert (done.returncode, done.stderr) == (0, "")
    asked = (checkout / "asked").read_text()
    assert "compose --file cluster/docker-compose.yml up --detach --build --wait\n" in asked
    text = file.read_text()
    passwords = dict(re.findall(r"^(\w+)=([0-9a-f]{48})$", text, re.MULTILINE))
    needed = re.findall(r"\$\{(\w+):\?", (ROOT / "cluster/docker-compose.yml").read_text())
    assert passwords.keys() == {*needed}
    assert not [each for each in passwords.values() if each in done.stdout + asked]
    assert text.startswith("GRAFANA_PORT=13000\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert _make("up-compose", folder=checkout).returncode == 0
    assert file.read_text() == text


def test_down_compose_needs_no_passwords_and_keeps_the_data_unless_told(
    docker: Callable[[str], Path],
) -> None:
    needs = 'case "$*" in *" down "*) [ "$POSTGRES_PASSWORD" ] && [ "$GRAFANA_PASSWORD" ];; esac'
    checkout = docker(needs)
    for options, asked in (((), "down --remove-orphans"), (("VOLUMES=yes",), "--volumes")):
        assert _make("down-compose", *options, folder=checkout).returncode == 0
        assert (checkout / "asked").read_text().endswith(f"{asked}\n")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("exit 1", "up-compose: needs Docker with its compose plugin, and an engine"),
        ("[ $1 = version ]", "up-compose: needs Docker with its compose plugin, and an engine"),
        ('case "$*" in *" up "*) exit 17;; esac', "docker-compose.yml logs` tells what each"),
    ],
    ids=["no engine", "no plugin", "a container that is not well"],
)
def test_what_docker_lacks_and_where_to_look_is_told(
    docker: Callable[[str], Path], lines: str, told: str
) -> None:
    done = _make("up-compose", folder=docker(lines))
    assert done.returncode == 2
    assert told in done.stderr
    assert "Grafana's user" not in done.stdout


@pytest.mark.parametrize(("status", "kept"), [(0, True), (4, True), (3, False), (127, False)])
def test_clean_leaves_a_stack_that_runs_its_files(
    tmp_path: Path, status: int, *, kept: bool
) -> None:
    """As `status` tells it: 0 it runs, 4 it runs badly, 3 none runs; or Python is broken."""
    python = script(tmp_path / ".venv/bin/python", f"exit {status}")
    done = _make("clean", folder=tmp_path)
    assert python.exists() == kept
    assert ("a stack runs here, or a killed one is left: make down ends it" in done.stderr) == kept
