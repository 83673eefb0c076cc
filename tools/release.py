"""Make the files of a release in dist/: a tarball of cluster/, its checksum, and its notes.

    python -m tools.release [--tag v1.2.3]     what `make release` runs

The tarball is `git archive` of cluster/, and the same commit gives the same bytes (with the same
git and zlib).
"""

import hashlib
import re
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from tools import ROOT, ToolError
from tools.arguments import Parser, done
from tools.files import replace_all
from tools.process import succeeded

NAME = "compozy-monitoring"
CONTENT = "cluster"
"""The folder that users deploy."""

SUMS = "SHA256SUMS"
NOTES = "NOTES.md"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: write dist/, and return the exit code."""
    parser = Parser(
        prog="python -m tools.release",
        description=f"Write a tarball of the committed {CONTENT}/, its checksum and its notes.",
    )
    parser.add_argument("--tag", help="refuse where the version is not that of this tag")
    options = parser.parse_args(arguments)
    return done("release", lambda: release(ROOT, options.tag))


def release(root: Path, tag: str | None = None) -> None:
    """Write the release of the commit that is checked out in `root`, and print its files.

    The version is that of pyproject.toml. Raises ToolError, and leaves dist/ unchanged, if the
    checkout differs from the commit, `tag` does not match the version, or CHANGELOG.md has no
    changes of it.
    """
    difference = _git(root, "status", "--porcelain", "--untracked-files=all")
    if difference:
        message = "the checkout differs from its commit: commit this, or put it away"
        raise ToolError(f"{message}\n{difference.rstrip()}")
    version = str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])
    if tag is not None and tag != f"v{version}":
        raise ToolError(
            f"the tag is {tag}, but pyproject.toml has version {version}, whose tag is v{version}"
        )
    notes = changes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    tarball = _archive(root, f"{NAME}-{version}")
    name = f"{NAME}-{version}.tar.gz"
    sums = f"{hashlib.sha256(tarball).hexdigest()}  {name}\n"
    dist = root / "dist"
    written = {dist / name: tarball, dist / SUMS: sums.encode(), dist / NOTES: notes.encode()}
    replace_all(written)
    for old in {*dist.glob(f"{NAME}-*.tar.gz")} - written.keys():
        old.unlink()
    for path in written:
        print(f"release: {path.relative_to(root)}")


def changes(changelog: str, version: str) -> str:
    """The section of `version` in `changelog`. Raises ToolError if there is none."""
    heading = rf"## {re.escape(version)} - .*"
    found = re.search(rf"^{heading}\n((?:(?!## ).*\n?)*)", changelog, re.MULTILINE)
    text = found[1].strip() if found else ""
    if not text:
        raise ToolError(
            f"CHANGELOG.md has no heading '## {version} - <date>' with changes below it: "
            "write it, from what stands below Unreleased"
        )
    return f"{text}\n"


def _archive(root: Path, prefix: str) -> bytes:
    """`git archive` of the committed cluster/, in a folder `prefix`. It refuses any .env file."""
    committed = _git(root, "ls-tree", "-r", "--name-only", "HEAD", "--", CONTENT)
    for path in committed.splitlines():
        if Path(path).name.startswith(".env"):
            raise ToolError(f"{path} is committed: such a file has passwords, remove it")
    with TemporaryDirectory() as folder:
        file = Path(folder, "tar.gz")
        asked = ("archive", "--format=tar.gz", f"--output={file}", f"--prefix={prefix}/")
        _git(root, "-c", "tar.umask=0022", *asked, "HEAD", CONTENT)
        return file.read_bytes()


def _git(root: Path, *arguments: str) -> str:
    return succeeded(["git", *arguments], cwd=root).stdout


if __name__ == "__main__":
    sys.exit(main())
