"""Make the files of a release in dist/: a tarball of cluster/, its checksum, and its notes.

The tarball is `git archive` of cluster/, and the same commit gives the same bytes (with the same
git and zlib).
"""

import hashlib
import re
import shutil
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from tools import ToolError
from tools.process import succeeded

NAME = "compozy-monitoring"
CONTENT = "cluster"
"""The folder that users deploy."""


def release(root: Path, tag: str | None = None) -> None:
    """Write the release of the commit that is checked out in `root`, and print its files.

    The version is that of pyproject.toml. Raises ToolError, and leaves dist/ unchanged, if the
    checkout differs from the commit, `tag` does not match the version, CHANGELOG.md has no changes
    of it, or an .env file is committed.
    """
    if difference := _git(root, "status", "--porcelain", "--untracked-files=all"):
        message = "the checkout differs from its commit: commit this, or put it away"
        raise ToolError(f"{message}\n{difference.rstrip()}")
    version = str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])
    if tag is not None and tag != f"v{version}":
        raise ToolError(
            f"the tag is {tag}, but pyproject.toml has version {version}, whose tag is v{version}"
        )
    notes = changes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    for path in _git(root, "ls-files", CONTENT).splitlines():
        if Path(path).name.startswith(".env"):
            raise ToolError(f"{path} is committed: such a file has passwords, remove it")
    with TemporaryDirectory(prefix=".dist-", dir=root) as folder:
        made, dist, name = Path(folder, "dist"), root / "dist", f"{NAME}-{version}"
        made.mkdir()
        tarball = made / f"{name}.tar.gz"
        archive = ("archive", f"--output={tarball}", f"--prefix={name}/", "HEAD", CONTENT)
        _git(root, "-c", "tar.umask=0022", *archive)
        digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        (made / "SHA256SUMS").write_text(f"{digest}  {tarball.name}\n")
        (made / "NOTES.md").write_text(notes, encoding="utf-8")
        shutil.rmtree(dist, ignore_errors=True)
        made.rename(dist)
    for file in sorted(dist.iterdir()):
        print(f"release: {file.relative_to(root)}")


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


def _git(root: Path, *arguments: str) -> str:
    return succeeded(["git", *arguments], cwd=root).stdout
