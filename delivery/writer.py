"""Writes generated files, and shows where they differ from what the code builds.

No other module changes generated files.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from delivery.render import MARK
from tools.files import replace_all


def write(
    root: Path, files: Mapping[PurePosixPath, str], below: str = "cluster"
) -> list[PurePosixPath]:
    """Write all files that differ, or none; then remove generated files that are no longer built.

    `below` is the folder that contains all generated files of this kind; it may have others.
    Returns the paths that were written or removed.
    """
    changed = [path for path, text in files.items() if _read(root / path) != text]
    replace_all({root / path: files[path].encode() for path in changed})
    leftovers = _leftovers(root, files, below)
    for path in leftovers:
        (root / path).unlink()
    return changed + leftovers


def drift(root: Path, files: Mapping[PurePosixPath, str], below: str = "cluster") -> str:
    """A unified diff from the files on disk to what the code builds; empty if they are equal."""
    wanted = dict(files) | dict.fromkeys(_leftovers(root, files, below))
    return "".join(_diff(path, _read(root / path), text) for path, text in sorted(wanted.items()))


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None


def _leftovers(root: Path, files: Mapping[PurePosixPath, str], below: str) -> list[PurePosixPath]:
    """Files that are marked as generated and that the code no longer builds."""
    generated = (it for it in (root / below).rglob("*") if it.is_file() and _is_generated(it))
    found = sorted(PurePosixPath(path.relative_to(root).as_posix()) for path in generated)
    return [path for path in found if path not in files]


def _is_generated(path: Path) -> bool:
    """Whether a file is marked as generated: in its first line, or in JSON anywhere."""
    text = _read(path) or ""
    return MARK in (text if path.suffix == ".json" else text.partition("\n")[0])


def _diff(path: PurePosixPath, old: str | None, new: str | None) -> str:
    lines = difflib.unified_diff(
        (old or "").splitlines(keepends=True),
        (new or "").splitlines(keepends=True),
        fromfile=f"{path} (committed)" if old is not None else "/dev/null",
        tofile=f"{path} (built)" if new is not None else "/dev/null",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
