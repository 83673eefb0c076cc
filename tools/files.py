"""Atomic writes: a file gets its new content or keeps the old one."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def replace(path: Path, text: str, mode: int = 0o644) -> None:
    """Write `text` to `path`, atomically."""
    replace_all({path: text.encode("utf-8")}, mode)


def replace_all(files: Mapping[Path, bytes], mode: int = 0o644) -> None:
    """Write all `files`, or raise OSError and leave them as they were.

    Each is first written to a temporary file beside it, so that a full disk or a read-only folder
    is noticed before any of them is replaced. The error is then of the file that was meant, and
    says that nothing was written.
    """
    written: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
                written[path] = Path(name)
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                written[path].chmod(mode)
            except OSError as error:
                why = f"{error.strerror}: nothing was written"
                raise OSError(error.errno, why, str(path)) from None
        for path in files:
            written[path].replace(path)
            del written[path]
    finally:
        for left in written.values():
            left.unlink()
