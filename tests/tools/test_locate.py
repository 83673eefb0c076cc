import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import ToolError, container, locate
from tools.locate import find, relocated
from tools.process import finished

Script = Callable[[str, str], Path]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with an empty PATH: no apt-get, no Docker engine; returns the one folder on it."""
    find.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-such.sock")
    return tmp_path


@pytest.fixture
def program(alone: Path) -> Script:
    """Puts a program on PATH that tells a version."""

    def write(name: str, version: str) -> Path:
        file = alone / name
        file.write_text(f"#!/bin/sh\necho '{name}, version {version} (branch: HEAD)'\n")
        file.chmod(0o755)
        return file

    return write


@pytest.mark.parametrize(
    ("name", "on_path", "version"),
    [
        ("promtool", "promtool", (2, 42)),
        ("alertmanager", "prometheus-alertmanager", (0, 25)),  # Debian's name of it
    ],
)
def test_a_program_on_path_is_used(
    program: Script, alone: Path, name: str, on_path: str, version: tuple[int, int]
) -> None:
    file = program(on_path, "{}.{}.0+ds".format(*version))
    tool = find(name, alone / "tools")
    assert (tool.command, tool.version) == ((str(file),), version)


def test_a_program_too_old_is_passed_over_for_a_fetched_one(program: Script, alone: Path) -> None:
    old = program("promtool", "2.41.0")
    fetched = alone / "tools/prometheus/usr/bin/promtool"
    fetched.parent.mkdir(parents=True)
    fetched.write_text(old.read_text().replace("2.41", "3.5"))
    fetched.chmod(0o755)
    assert find("promtool", alone / "tools").command == (str(fetched),)


def test_a_program_is_taken_from_the_package_that_holds_it(program: Script, alone: Path) -> None:
    for package in ("prometheus", "promtool"):
        (alone / "tools" / package / "usr/bin").mkdir(parents=True)
    with pytest.raises(ToolError, match="promtool is not in prometheus or promtool;"):
        find("promtool", alone / "tools")
    fetched = alone / "tools/promtool/usr/bin/promtool"
    program("elsewhere", "3.5.3").rename(fetched)
    assert find("promtool", alone / "tools").command == (str(fetched),)


def test_a_program_too_old_and_no_other_is_told_in_one_line(program: Script, alone: Path) -> None:
    old = program("promtool", "2.41.0")
    with pytest.raises(ToolError) as raised:
        find("promtool", alone / "tools")
    assert str(raised.value) == (
        f"promtool 2.42 or later was not found (PATH: {old} is version 2.41, which is too old; "
        "Debian packages: apt-get is not on this machine; Docker: no engine answers): "
        "put promtool 2.42 or later on PATH, or start a Docker engine"
    )


def test_a_program_that_tells_no_version_is_refused(program: Script, alone: Path) -> None:
    program("promtool", "unknown")
    with pytest.raises(ToolError, match="told no version"):
        find("promtool", alone / "tools")


def test_a_docker_engine_is_the_last_resort(
    program: Script, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = program("docker-promtool", "3.5.0")
    monkeypatch.setattr(container, "command", lambda name: (str(script), name))
    assert find("promtool", alone / "tools").command == (str(script), "promtool")


def test_the_launcher_of_containers_starts_and_tells_that_no_engine_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder whose modules have the names of others that it needs."""
    for name in ("http", "tools"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError\n")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-such.sock")
    done = finished([*container.LAUNCHER, "image", "promtool"], cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("container: Error while fetching server API version")


@pytest.mark.parametrize("name", locate.PROGRAMS)
def test_each_program_is_found_or_fetched_on_this_machine(name: str) -> None:
    find.cache_clear()
    tool = find(name)
    assert tool.version >= locate.PROGRAMS[name].oldest


READS = "#!/bin/sh\ncat /usr/share/prometheus/alertmanager/default.tmpl\n"


def _package(folder: Path, script: str) -> tuple[Path, Path]:
    templates = folder / "usr/share/prometheus/alertmanager"
    templates.mkdir(parents=True)
    (templates / "default.tmpl").write_text("the template")
    program = folder / "usr/bin/program"
    program.parent.mkdir()
    program.write_text(script)
    program.chmod(0o755)
    return folder, program


def test_a_program_finds_its_folder_below_where_it_was_unpacked(tmp_path: Path) -> None:
    package, program = _package(tmp_path / "package", READS)
    for _ in range(2):  # the second time the copy is there
        command = relocated(package, program)
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/")
        assert done.stdout == "the template"
    assert program.read_text() == READS


def test_a_program_that_reads_no_such_folder_is_run_as_it_is(tmp_path: Path) -> None:
    package, program = _package(tmp_path / "package", "#!/bin/sh\nexit 0\n")
    assert relocated(package, program) == (str(program),)
