"""Programs of one release, from packages that only pretend."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import script
from tools import ToolError
from tools.pinned import Pinned, command

PROMTOOL = Pinned(
    name="promtool",
    version=(2, 42),
    suite="bookworm",
    package="prometheus",
    program="promtool",
    repository="prom/prometheus",
    program_in_image="/bin/promtool",
)


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for packages, and no docker."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "tools"


def _package(folder: Path, version: str, lines: str = "exit 0") -> Path:
    changelog = folder / "bookworm/prometheus/usr/share/doc/prometheus/changelog.Debian.gz"
    changelog.parent.mkdir(parents=True)
    changelog.write_bytes(gzip.compress(f"prometheus ({version}) unstable; urgency=low\n".encode()))
    return script(folder / "bookworm/prometheus/usr/bin/promtool", lines)


def test_a_fetched_program_is_used(fetched: Path) -> None:
    program = _package(fetched, "2.42.0+ds-5")
    assert command(PROMTOOL, fetched) == (str(program),)


def test_a_package_that_has_moved_on_is_not_taken_for_the_one_wanted(fetched: Path) -> None:
    _package(fetched, "1:2.53.0-1")
    with pytest.raises(ToolError) as raised:
        command(PROMTOOL, fetched)
    assert str(raised.value) == (
        "promtool 2.42 was not found (Debian bookworm: the package is another version: "
        "prometheus (1:2.53.0-1) unstable; urgency=low; "
        "Docker: docker does not run (No such file or directory)): "
        "run this on Debian, or start a Docker engine"
    )


def test_a_program_that_misses_a_library_says_so(fetched: Path) -> None:
    _package(fetched, "2.42.0", "echo first >&2; echo 'libc.so.6: no GLIBC' >&2; echo x; exit 1")
    with pytest.raises(ToolError, match=r"failed \(libc\.so\.6: no GLIBC\)"):
        command(PROMTOOL, fetched)


def test_an_image_is_taken_by_its_digest_where_one_is_known() -> None:
    assert PROMTOOL.image == "prom/prometheus:v2.42.0"
    assert replace(PROMTOOL, digest="sha256:0a").image == "prom/prometheus@sha256:0a"
