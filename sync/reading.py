"""Read documents into models: the files below cluster/, and what servers answer."""

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.file import ConfigError, read_yaml, validated

Read = TypeVar("Read")
Json = dict[str, Any]
Mapping = Annotated[Json, Field(default_factory=dict)]
Texts = Annotated[dict[str, str], Field(default_factory=dict)]

REBUILD = "run `make build`, or restore it with git"


class Document(BaseModel):
    """A mapping of a document: the keys that are read. A key that is null counts as missing."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: each for key, each in value.items() if each is not None}


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
