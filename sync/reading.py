"""Read the files below cluster/ into models."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from contract.file import ConfigError, parsed
from contract.validation import validated

Read = TypeVar("Read")

REBUILD = "run `make build`, or restore it with git"


def read(
    root: Path, path: PurePosixPath, validate: Callable[[Any], Read], advice: str = REBUILD
) -> Read:
    """What pydantic's `validate` makes of the JSON or YAML in `path` below `root`.

    Raises ConfigError, with `advice`, if the file cannot be read, or has another form.
    """
    try:
        return validated(validate, parsed(root / path), root / path, secret=True)
    except ConfigError as error:
        raise ConfigError(f"{error}: {advice}") from None
