"""Read the files below cluster/ into models."""

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from contract.file import ConfigError, read_yaml
from contract.validation import validated

Read = TypeVar("Read")

REBUILD = "run `make build`, or restore it with git"


def read(
    root: Path, path: PurePosixPath, validate: Callable[[Any], Read], advice: str = REBUILD
) -> Read:
    """What pydantic's `validate` makes of the JSON or YAML in `path` below `root`.

    Raises ConfigError, with `advice`, if the file cannot be read, or has another form.
    """
    file = root / path
    try:
        content = _json(file) if path.suffix == ".json" else read_yaml(file)
        return validated(validate, content, file, secret=True)
    except ConfigError as error:
        raise ConfigError(f"{error}: {advice}") from None


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: is no JSON ({error})") from None
