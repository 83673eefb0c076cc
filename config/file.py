"""Reading and writing a `monitoring.yaml`, the configuration of a build."""

import logging
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from config import Config
from contract.file import ConfigError, parsed
from contract.validation import fields, validated

_CONFIG = TypeAdapter(Config)

_RENAMED = {"token_spike.least_history": "min_history", "zero_traffic.memory": "lookback"}
"""Keys that were renamed since 0.1; the next release still accepts them, with a warning."""


def load(file: Path | None) -> Config:
    """The configuration in `file`, with the contract's values for keys that it does not set.

    None gives the contract's values. Raises ConfigError with all keys that are wrong and their
    allowed values, or else with all values that are allowed alone and meaningless together.
    """
    if file is None:
        return Config()
    document = parsed(file)
    if isinstance(document, dict):
        _rename(file, document)
    config = validated(_CONFIG.validate_python, document, file, Config)
    if problems := [f"{file}: {problem}" for problem in config.problems()]:
        raise ConfigError("\n".join(problems))
    return config


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
    written = TypeAdapter(type(part)).dump_python(part, mode="json")
    for key, field in fields(type(part)).items():
        if is_dataclass(field.annotation):
            yield f"{indent}{key}:"
            yield from _lines(getattr(part, key), f"{indent}  ")
            continue
        flow = yaml.safe_dump(written[key], default_flow_style=True, width=1000)
        value = flow.removesuffix("...\n").strip()
        comment = f"  # {field.description}" if field.description else ""
        yield f"{indent}{key}: {value}{comment}"
