"""Make what a release consists of, in dist/: a tarball of cluster/, its checksum, and its notes.

    python -m tools.release [--tag v1.2.3]     what `make release` runs

The tarball holds the committed files of cluster/ and nothing else, and the same commit gives the
same bytes (with the same zlib). Standard library only.
"""

import argparse
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools import ROOT

NAME = "compozy-monitoring"
CONTENT = "cluster"
"""The folder that users deploy."""

SUMS = "SHA256SUMS"
NOTES = "NOTES.md"
_TIMEOUT = 60  # seconds for one call of git
_EXECUTABLE, _LINK = "100755", "120000"  # git's modes


class ReleaseError(Exception):
    """No release can be made; the message says why and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, write dist/, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.release",
        description=f"Write a tarball of the committed {CONTENT}/, its checksum and its notes.",
        epilog="example: python -m tools.release --tag v1.2.3",
    )
    parser.add_argument("--tag", help="refuse where the version is not that of this tag")
    options = parser.parse_args(arguments)
    try:
        written = release(ROOT, options.tag)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"release: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    for path in written:
        print(f"release: {path.relative_to(ROOT)}")
    return 0


def release(root: Path, tag: str | None = None) -> list[Path]:
    """Write the release of the commit that is checked out in `root`, and return its files.

    The version is that of pyproject.toml. Raises ReleaseError, and leaves dist/ as it was, where
    the checkout differs from the commit, `tag` is not that version's, or CHANGELOG.md says nothing
    of it.
    """
    difference = _git(root, "status", "--porcelain", "--untracked-files=all")
    if difference:
        message = "the checkout differs from its commit: commit this, or put it away"
        raise ReleaseError(f"{message}\n{difference.rstrip()}")
    version = str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])
    if tag is not None and tag != f"v{version}":
        raise ReleaseError(
            f"the tag is {tag}, but pyproject.toml has version {version}, whose tag is v{version}"
        )
    notes = changes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    tarball = archive(root, f"{NAME}-{version}")
    name = f"{NAME}-{version}.tar.gz"
    sums = f"{hashlib.sha256(tarball).hexdigest()}  {name}\n"
    return _write(root / "dist", {name: tarball, SUMS: sums.encode(), NOTES: notes.encode()})


def changes(changelog: str, version: str) -> str:
    """What `changelog` says below the heading of `version`. Raises ReleaseError where nothing."""
    heading = rf"## \[?{re.escape(version)}\]?(?: .*)?"
    found = re.search(rf"^{heading}\n((?:(?!## ).*\n?)*)", changelog, re.MULTILINE)
    text = found[1].strip() if found else ""
    if not text:
        raise ReleaseError(
            f"CHANGELOG.md has no heading '## {version} - <date>' with changes below it: "
            "write it, from what stands below Unreleased"
        )
    return f"{text}\n"


def archive(root: Path, prefix: str) -> bytes:
    """A compressed tarball of the committed files of cluster/, below a folder `prefix`.

    Sorted, owned by root, of the time of SOURCE_DATE_EPOCH (seconds), else of the commit's.
    """
    when = _time(root)
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=when) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for mode, path, data in _committed(root):
            member = tarfile.TarInfo(f"{prefix}/{path}")
            member.mtime = when
            member.uname = member.gname = "root"
            member.mode = 0o755 if mode == _EXECUTABLE else 0o644
            if mode == _LINK:
                member.type, member.linkname = tarfile.SYMTYPE, os.fsdecode(data)
            else:
                member.size = len(data)
            tar.addfile(member, None if mode == _LINK else io.BytesIO(data))
    return packed.getvalue()


def _time(root: Path) -> int:
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given and not given.isdecimal():
        raise ReleaseError(f"SOURCE_DATE_EPOCH is {given!r}, and must be seconds since 1970")
    return int(given or _git(root, "log", "-1", "--format=%ct"))


def _committed(root: Path) -> Iterator[tuple[str, PurePosixPath, bytes]]:
    """Mode, path and content of each committed file of cluster/, sorted by path."""
    listed = _git(root, "ls-tree", "-r", "-z", "--full-tree", "HEAD", "--", CONTENT)
    entries = [entry.partition("\t") for entry in listed.split("\0") if entry]
    if not entries:
        raise ReleaseError(f"the commit has no file below {CONTENT}/")
    for description, _, name in sorted(entries, key=lambda entry: entry[2]):
        mode, kind, address = description.split()
        path = PurePosixPath(name)
        if kind != "blob":
            raise ReleaseError(f"{path} is a {kind}: a release holds files alone")
        if path.name.startswith(".env"):
            raise ReleaseError(f"{path} is committed: such a file has passwords, remove it")
        yield mode, path, _git_bytes(root, "cat-file", "blob", address)


def _write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Write `files` into `folder`, each whole, and remove the tarballs of other versions."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=folder) as work:
        for name, data in files.items():
            Path(work, name).write_bytes(data)
        for old in folder.glob(f"{NAME}-*.tar.gz"):
            old.unlink()
        return [Path(work, name).replace(folder / name) for name in files]


def _git(root: Path, *arguments: str) -> str:
    return os.fsdecode(_git_bytes(root, *arguments))


def _git_bytes(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607  # the one on PATH, as everywhere
            cwd=root,
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            timeout=_TIMEOUT,
        )
    except FileNotFoundError:
        raise ReleaseError("git is not on PATH: install it") from None
    except subprocess.TimeoutExpired:
        raise ReleaseError(f"git {arguments[0]} took over {_TIMEOUT} s") from None
    if done.returncode:
        said = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise ReleaseError(f"git {arguments[0]} failed in {root}: {said}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
