"""Reading and writing a `monitoring.yaml`, the configuration of a build."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from config import Config
from contract.file import ConfigError, parsed
from contract.validation import fields, keys, unknown_among, validated

_CONFIG = TypeAdapter(Config)
_FIELDS: Mapping[str, Any] = Config.__pydantic_fields__  # type: ignore[attr-defined]
_FIXED = {name for name, field in _FIELDS.items() if field.exclude}
"""Fields that a file cannot set."""

_RENAMED = {"token_spike.least_history": "min_history", "zero_traffic.memory": "lookback"}
"""Keys that were renamed since 0.1; the next release still accepts them, with a warning."""


def load(file: Path | None) -> Config:
    """The configuration in `file`, with the contract's values for keys that it does not set.

    None gives the contract's values. Raises ConfigError with all keys that are wrong and their
    allowed values, and if values that are allowed alone make an alert meaningless together.
    """
    if file is None:
        return Config()
    document = parsed(file)
    if isinstance(document, dict):
        for name in _FIXED & document.keys():
            raise ConfigError(f"{file}: {name}: {unknown_among(keys(Config))}")
        _rename(file, document)
    content = {} if document is None else document
    step = Config().evaluation_interval
    return validated(partial(_CONFIG.validate_python, context=step), content, file, Config)


def _rename(file: Path, document: dict[Any, Any]) -> None:
    """Rename the keys of `document` that have an old name, and warn about each."""
    for old, new in _RENAMED.items():
        name, _, key = old.partition(".")
        section = document.get(name)
        if isinstance(section, dict) and key in section and new not in section:
            section[new] = section.pop(key)
            logging.getLogger(__name__).warning("%s: %s: is now called %s", file, old, new)


def dumped(config: Config) -> str:
    """The text of a file that `load` reads as `config`, with the meaning of each key."""
    return "".join(f"{line}\n" for line in _lines(config))


def _lines(part: Any, indent: str = "") -> Iterator[str]:
    for key, description, value in _entries(part):
        if is_dataclass(value):
            yield f"{indent}{key}:"
            yield from _lines(value, f"{indent}  ")
        else:
            comment = f"  # {description}" if description else ""
            yield f"{indent}{key}: {value}{comment}"


def _entries(part: Any) -> Iterator[tuple[str, str, Any]]:
    """Key, meaning and value (text, or a nested section) of each field of a configuration."""
    written = TypeAdapter(type(part)).dump_python(part, mode="json")
    for name, field in fields(type(part)).items():
        key = field.serialization_alias or name
        if key not in written:
            continue
        value = getattr(part, name)
        if not is_dataclass(value):
            flow = yaml.safe_dump(written[key], default_flow_style=True, width=1000)
            value = flow.removesuffix("...\n").strip()
        yield key, field.description or "", value
