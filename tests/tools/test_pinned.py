"""Programs of one release, from packages that only pretend."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import script
from tools import ToolError, pinned
from tools.pinned import Pinned, command

PROMTOOL = Pinned(
    name="promtool",
    version="2.42",
    suite="bookworm",
    package="prometheus",
    program="promtool",
    repository="prom/prometheus",
    program_in_image="/bin/promtool",
)


def test_a_fetched_program_is_of_the_version_that_is_wanted_and_has_been_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pinned, "fetch", lambda package, into, suite: into / suite / package)
    root = tmp_path / "bookworm-2.42/bookworm/prometheus=2.42.*"
    program = script(root / "usr/bin/promtool", "exit 0")
    assert command(PROMTOOL, tmp_path) == (str(program),)
    script(program, "echo first >&2; echo 'libc.so.6: no GLIBC' >&2; echo x; exit 1")
    with pytest.raises(ToolError) as raised:
        command(PROMTOOL, tmp_path)
    assert str(raised.value) == (
        f"promtool 2.42 was not found (Debian bookworm: {program} failed (libc.so.6: no GLIBC); "
        "Docker: docker does not run (No such file or directory)): "
        "run this on Debian, or start a Docker engine"
    )


def test_an_image_is_taken_by_its_digest_where_one_is_known() -> None:
    assert PROMTOOL.image == "prom/prometheus:v2.42.0"
    assert replace(PROMTOOL, digest="sha256:0a").image == "prom/prometheus@sha256:0a"
