"""Read the files below cluster/ from disk."""

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import yaml

Parsed = TypeVar("Parsed")


class FileError(Exception):
    """A file of the checkout cannot be used; the message names it and says what to do."""


def read(root: Path, path: PurePosixPath, parse: Callable[[Any], Parsed]) -> Parsed:
    """What `parse` makes of the JSON or YAML in `path` below `root`, the folder of cluster/.

    Raises FileError if the file cannot be read, or is not as it was built.
    """
    file = root / path
    try:
        text = file.read_text(encoding="utf-8")
        return parse(json.loads(text) if path.suffix == ".json" else yaml.safe_load(text))
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        why = f"is not as built ({type(error).__name__}: {' '.join(str(error).split())})"
    raise FileError(f"{file}: {why}: run `make build`, or restore it with git")


def read_groups(
    root: Path, path: PurePosixPath, parse: Callable[[dict[str, Any]], Parsed]
) -> list[Parsed]:
    """The groups of a file of rules, each parsed by `parse`. Raises FileError as `read` does."""

    def parsed(found: Any) -> list[Parsed]:
        if not found["groups"]:
            raise ValueError("it has no group")
        return [parse(group) for group in found["groups"]]

    return read(root, path, parsed)
