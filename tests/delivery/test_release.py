import tarfile
from pathlib import Path

import pytest

from delivery.__main__ import main
from delivery.release import changes, release
from tests.conftest import Called
from tools import ToolError
from tools.process import succeeded

CHANGELOG = """# Changelog

## Unreleased

### Added

- Something to come.

## 1.2.3 - 2026-01-02

### Fixed

- A fault.

## 1.2 - 2025-01-02

- The first.
"""
VERSION = '[project]\nversion = "1.2.3"\n'
FILES = {
    "pyproject.toml": VERSION,
    "CHANGELOG.md": CHANGELOG,
    ".gitignore": "/dist/\n/cluster/.env*\n",
    "cluster/rules.yaml": "groups: []\n",
    "cluster/a/run": "#!/bin/sh\n",
    "cluster/a/übung.json": "{}\n",
    "other/file": "not of the release\n",
}
WRITTEN = ["NOTES.md", "SHA256SUMS", "compozy-monitoring-1.2.3.tar.gz"]


def _git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    return succeeded(["git", *identity, *arguments], cwd=root).stdout


def _commit(root: Path) -> None:
    _git(root, "add", "--all", "--force")
    _git(root, "commit", "--quiet", "--message", "all", "--date", "2020-01-01T00:00:00Z")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository of ours, all of it committed."""
    folder = tmp_path / "checkout"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "cluster/a/run").chmod(0o755)
    _git(folder, "init", "--quiet")
    _commit(folder)
    return folder


def _dist(root: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (root / "dist").iterdir()}


def test_a_release_is_the_committed_files_of_cluster_with_a_checksum_and_notes(
    root: Path, monkeypatch: pytest.MonkeyPatch, called: Called
) -> None:
    """In another clone, on another day, it is the same to the byte."""
    (root / "cluster/.env").write_text("PASSWORD=secret\n")  # ignored, as in a real checkout
    (root / "dist").mkdir()
    (root / "dist/compozy-monitoring-1.2.2.tar.gz").write_text("old")
    monkeypatch.setattr("delivery.__main__.ROOT", root)
    said = called(main, "release", "--tag", "v1.2.3", code=0).out.splitlines()
    assert said == [f"release: dist/{name}" for name in WRITTEN]
    first = _dist(root)
    assert sorted(first) == WRITTEN
    assert first["NOTES.md"] == b"### Fixed\n\n- A fault.\n"
    with tarfile.open(root / "dist" / WRITTEN[2]) as tar:
        modes = {one.name: one.mode for one in tar.getmembers() if one.isfile()}
    assert modes == {
        "compozy-monitoring-1.2.3/cluster/a/run": 0o755,
        "compozy-monitoring-1.2.3/cluster/a/übung.json": 0o644,
        "compozy-monitoring-1.2.3/cluster/rules.yaml": 0o644,
    }
    done = succeeded(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=root / "dist")
    assert done.stdout == f"{WRITTEN[2]}: OK\n"
    _git(root, "clone", "--quiet", str(root), "dist/clone")
    (root / "dist/clone/cluster/rules.yaml").touch()
    release(root / "dist/clone")
    assert _dist(root / "dist/clone") == first
    said_of_another = called(main, "release", "--tag", "v9", code=1).err
    assert said_of_another.startswith("release: the tag is v9, ")


@pytest.mark.parametrize(
    ("path", "text", "committed", "told"),
    [
        ("cluster/rules.yaml", "a: 1\n", False, r"differs from its commit(?s:.*)cluster/rules"),
        ("new.txt", "new\n", False, r"\?\? new\.txt"),
        ("pyproject.toml", VERSION.replace("3", "4"), True, r"no heading '## 1\.2\.4 - <date>'"),
        ("pyproject.toml", VERSION.replace("3", "3.0"), True, r"tag is v1\.2\.3, but .* v1.+3\.0"),
        ("cluster/.env", "PASSWORD=secret\n", True, r"cluster/\.env is committed"),
    ],
)
def test_what_may_not_be_released_is_refused_and_dist_stays(
    root: Path, path: str, text: str, *, committed: bool, told: str
) -> None:
    """Also where the user's git is told to show no untracked files."""
    release(root, "v1.2.3")
    before = _dist(root)
    _git(root, "config", "status.showUntrackedFiles", "no")
    (root / path).write_text(text)
    if committed:
        _commit(root)
    with pytest.raises(ToolError, match=told):
        release(root, "v1.2.3" if "tag" in told else None)
    assert _dist(root) == before


def test_a_versions_notes_stand_below_its_own_heading() -> None:
    assert changes(CHANGELOG, "1.2") == "- The first.\n"
    for other in ("1", "1.2.30", "11.2.3", "2", "0.9"):  # the last one's are empty
        with pytest.raises(ToolError, match=f"no heading '## {other} - <date>' with changes"):
            changes(f"{CHANGELOG}\n## 0.9 - 2024-01-01\n", other)
