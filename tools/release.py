"""Make the files of a release in dist/: a tarball of cluster/, its checksum, and its notes.

    python -m tools.release [--tag v1.2.3]     what `make release` runs

The tarball is `git archive` of cluster/, and the same commit gives the same bytes (with the same
git and zlib). Standard library only.
"""

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tools import ROOT
from tools.arguments import Parser
from tools.files import replace_all

NAME = "compozy-monitoring"
CONTENT = "cluster"
"""The folder that users deploy."""

SUMS = "SHA256SUMS"
NOTES = "NOTES.md"


class ReleaseError(Exception):
    """No release can be made; the message says why and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: write dist/, and return the exit code."""
    parser = Parser(
        prog="python -m tools.release",
        description=f"Write a tarball of the committed {CONTENT}/, its checksum and its notes.",
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

    The version is that of pyproject.toml. Raises ReleaseError, and leaves dist/ unchanged, if the
    checkout differs from the commit, `tag` does not match the version, or CHANGELOG.md has no
    changes of it.
    """
    difference = _git(root, "status", "--porcelain", "--untracked-files=all").decode()
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
    files = {name: tarball, SUMS: sums.encode(), NOTES: notes.encode()}
    written = {root / "dist" / file: content for file, content in files.items()}
    replace_all(written)
    for old in {*(root / "dist").glob(f"{NAME}-*.tar.gz")} - written.keys():
        old.unlink()
    return [*written]


def changes(changelog: str, version: str) -> str:
    """The section of `version` in `changelog`. Raises ReleaseError if there is none."""
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
    """`git archive` of the committed cluster/, in a folder `prefix`. It refuses any .env file."""
    committed = _git(root, "ls-tree", "-r", "--name-only", "HEAD", "--", CONTENT).decode()
    for path in committed.splitlines():
        if Path(path).name.startswith(".env"):
            raise ReleaseError(f"{path} is committed: such a file has passwords, remove it")
    asked = ("archive", "--format=tar.gz", f"--prefix={prefix}/", "HEAD", CONTENT)
    return _git(root, "-c", "tar.umask=0022", *asked)


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607  # the one on PATH, as everywhere
            cwd=root,
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
        )
    except FileNotFoundError:
        raise ReleaseError("git is not on PATH: install it") from None
    if done.returncode:
        said = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise ReleaseError(f"git {' '.join(arguments[:3])} failed in {root}: {said}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
