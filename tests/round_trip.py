"""Whether a schema keeps what it reads: a document beside what was read of it, written again."""

from collections.abc import Iterator
from typing import Any


def lost(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    """Where `ours` says what `theirs` does not; what the schema adds are its defaults."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key in theirs:
                yield from lost(value, theirs[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from lost(mine, other, f"{path}[{index}]")
    elif (type(ours), ours) != (type(theirs), theirs):
        yield path
