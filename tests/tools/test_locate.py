import os
import re
from pathlib import Path

import pytest

from tests.conftest import script
from tools import ToolError, container, locate
from tools.locate import Program, find, relocated
from tools.process import finished


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with an empty PATH: no apt-get, no docker; returns the one folder on it."""
    find.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def _program(file: Path, version: str) -> Path:
    """Write a program that tells a version."""
    return script(file, f"echo '{file.name}, version {version} (branch: HEAD)'")


def test_a_program_on_path_is_used(alone: Path) -> None:
    # The latter has Debian's name.
    for name, on_path in (("promtool", "promtool"), ("alertmanager", "prometheus-alertmanager")):
        file = _program(alone / on_path, f"{locate.PROGRAMS[name].version}.0+ds")
        assert find(name, alone / "tools") == (str(file),)


def test_a_program_too_old_is_passed_over_for_the_package_that_holds_one(
    alone: Path,
) -> None:
    _program(alone / "promtool", "2.41.0")
    for package in ("prometheus", "promtool"):
        (alone / "tools" / package / "usr/bin").mkdir(parents=True)
    with pytest.raises(ToolError, match="promtool is not in prometheus or promtool;"):
        find("promtool", alone / "tools")
    fetched = _program(alone / "tools/promtool/usr/bin/promtool", "3.5.3")
    assert find("promtool", alone / "tools") == (str(fetched),)


@pytest.mark.parametrize(
    ("version", "told"),
    [("2.41.0", "is version 2.41, which is too old"), ("unknown", "told no version")],
)
def test_where_a_program_was_searched_and_why_not_taken_is_told_in_one_line(
    alone: Path, version: str, told: str
) -> None:
    found = _program(alone / "promtool", version)
    with pytest.raises(ToolError) as raised:
        find("promtool", alone / "tools")
    assert str(raised.value) == (
        f"promtool 2.42 or later was not found (PATH: {found} {told}; "
        "Debian packages: apt-get is not on this machine; "
        "Docker: docker does not run (No such file or directory)): "
        "put promtool 2.42 or later on PATH, or start a Docker engine"
    )


def test_a_docker_engine_is_the_last_resort(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(alone / "docker", "echo 'promtool, version 3.5.0'; [ $1 = version ] || echo \"$@\"")
    monkeypatch.setenv("PATH", f"{alone}:/usr/bin:/bin")
    monkeypatch.setattr(locate, "on_path", lambda *_: "no-such-program")
    monkeypatch.setattr(locate, "fetch", lambda *_: alone)
    found = find("promtool", alone / "tools")
    assert found == container.command("promtool", "prometheus")
    for name in ("http", "tools"):  # as modules that it needs are called
        (alone / f"{name}.py").write_text("raise AssertionError\n")
    asked = finished([*found, "check", "a.yml"], cwd=alone, env={"PATH": os.environ["PATH"]})
    shared = f"--user={os.getuid()}:{os.getgid()}", f"--volume={alone}:{alone}"
    for option in ("--rm", "--network=host", f"--workdir={alone}", *shared):
        assert f" {option} " in asked.stdout
    ran = r" --entrypoint=/bin/promtool prom/prometheus@sha256:[0-9a-f]{64} check a\.yml\n$"
    assert re.search(ran, asked.stdout)


def test_a_program_finds_its_folder_below_where_it_was_unpacked(tmp_path: Path) -> None:
    template = "usr/share/prometheus/alertmanager/default.tmpl"
    (tmp_path / template).parent.mkdir(parents=True)
    (tmp_path / template).write_text("the template")
    program = script(tmp_path / "usr/bin/program", f"cat /{template}")
    before = program.read_bytes()
    for _ in range(2):  # the second time the copy is there
        assert finished(relocated(tmp_path, program), cwd=Path("/")).stdout == "the template"
    assert program.read_bytes() == before


def test_a_pinned_program_is_of_the_version_that_is_wanted_and_has_been_tried(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locate, "fetch", lambda package, into, suite: into / suite / package)
    image = "prom/prometheus:v2.42.0"
    pinned = Program("promtool", "2.42", ("prometheus",), "promtool", image, "/tool", "bookworm")
    file = alone / "bookworm-2.42/bookworm/prometheus=2.42.*/usr/bin/promtool"
    script(file, 'test "$*" = --help')  # not every program can tell its version
    assert find(pinned, alone) == (str(file),)
    find.cache_clear()
    script(file, "echo first >&2; echo 'libc.so.6: no GLIBC' >&2; echo x; exit 1")
    with pytest.raises(ToolError) as raised:
        find(pinned, alone)
    assert str(raised.value) == (
        f"promtool 2.42 was not found (Debian bookworm: {file} failed (libc.so.6: no GLIBC); "
        "Docker: docker does not run (No such file or directory)): "
        "run this on Debian, or start a Docker engine"
    )
    script(alone / "docker", "exit 0")
    monkeypatch.setenv("PATH", f"{alone}:/usr/bin:/bin")
    assert find(pinned, alone) == container.command("/tool", image)
