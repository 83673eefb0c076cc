"""A `monitoring.yaml`: the configuration of a build, in the place of code."""

import logging
import re
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from contract.config import Config
from contract.sense import problems
from contract.strict_yaml import StrictLoader

_CONFIG = TypeAdapter(Config)
_FIELDS: Mapping[str, Any] = Config.__pydantic_fields__  # type: ignore[attr-defined]
_SHORT = reprlib.Repr()  # what aliases make of a small file may not fit into memory
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 100
_FIXED = {name for name, field in _FIELDS.items() if field.exclude}
"""What only code changes."""

_LARGEST = 1_000_000
"""Bytes: a file of all keys has 4,000, and YAML is read at some 100,000 a second."""

_RENAMED = {"token_spike.least_history": "min_history", "zero_traffic.memory": "lookback"}
"""Keys that have another name since 0.1; accepted, with a warning, in the release after it."""

_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")


class ConfigError(Exception):
    """A bad value; the message names the file or variable, the key, and what it may be."""


def read_yaml(file: Path) -> Any:
    """What `file` holds. Raises ConfigError where it cannot be read, or is no YAML."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ConfigError(f"{file}: is larger than {_LARGEST / 1e6:g} MB: no configuration is")
        return yaml.load(data, Loader=StrictLoader)  # noqa: S506  # a SafeLoader
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
    except RecursionError:
        raise ConfigError(f"{file}: is not YAML that can be read (it is nested too deep)") from None
    except (yaml.YAMLError, ValueError, AttributeError) as error:  # of a date, a number, a time
        raise ConfigError(f"{file}: is not YAML ({' '.join(str(error).split())})") from None


def load(file: Path | None) -> Config:
    """The configuration of `file`, with the contract's values for what it does not say.

    None is the contract's. Raises ConfigError with every key that is wrong, and what it may be;
    also where values are allowed one by one, and together make an alert meaningless.
    """
    if file is None:
        return Config()
    document = read_yaml(file)
    if isinstance(document, dict):
        for name in _FIXED & document.keys():
            raise ConfigError(f"{file}: {name}: {_unknown_among(())}")
        _rename(file, document)
    try:
        config = _CONFIG.validate_python({} if document is None else document)
    except ValidationError as error:
        raise ConfigError("\n".join(explained(file, error))) from None
    if wrong := [f"{file}: {problem}" for problem in problems(config)]:
        raise ConfigError("\n".join(wrong))
    return config


def _rename(file: Path, document: dict[Any, Any]) -> None:
    """Give the keys of `document` that have their old names the new ones, and warn of each."""
    for old, new in _RENAMED.items():
        name, _, key = old.partition(".")
        section = document.get(name)
        if isinstance(section, dict) and key in section and new not in section:
            section[new] = section.pop(key)
            logging.getLogger(__name__).warning("%s: %s: is now called %s", file, old, new)


def explained(file: Path, error: ValidationError) -> Iterator[str]:
    """Each thing that is wrong in `file`: its key, and what it may be."""
    found = error.errors()
    inner = {one["loc"][:length] for one in found for length in range(len(one["loc"]))}
    for one in found:
        if one["loc"] in inner:
            continue  # it follows from what is wrong further in
        key = ".".join(map(str, one["loc"]))
        yield f"{file}: {f'{key}: ' if key else ''}{_reason(one)}"


def _reason(one: Any) -> str:
    given = one["input"]
    match one["type"]:
        case "unexpected_keyword_argument":
            text = _unknown_among(one["loc"][:-1])
        case "dataclass_type":
            text = f"must be a mapping with keys among {', '.join(_keys(one['loc']))}"
        case "extra_forbidden" | "missing" as kind:
            text = {"extra_forbidden": "unknown key", "missing": "is required"}[kind]
        case "model_type" | "dict_type":
            text = f"must be a mapping, not {_SHORT.repr(given)}"
        case "value_error":
            text = str(one["ctx"]["error"])
        case "too_long":
            text = f"must have at most {one['ctx']['max_length']} entries"
        case "float_parsing" if percent := _PERCENT.fullmatch(given):
            text = f"must be a number, not {given!r}: write {float(percent[1]) / 100:g}"
        case _:
            text = re.sub("^(Input|String) should", "must", one["msg"])
            text = f"{text.replace('valid tuple', 'list')}, not {_SHORT.repr(given)}"
    return text


def _unknown_among(path: tuple[Any, ...]) -> str:
    return f"unknown key; known are {', '.join(_keys(path))}"


def _keys(path: tuple[Any, ...]) -> list[str]:
    """The keys that may stand below `path`."""
    at: Any = Config
    for name in path:
        at = at.__pydantic_fields__[name].annotation
    return [key for key, _, _ in _entries(at())]


def dumped(config: Config) -> str:
    """The text of a file that `load` reads as `config`, each key with what it means."""
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
    """Key, meaning and value (text, or a part of its own) of each field of a configuration."""
    written = TypeAdapter(type(part)).dump_python(part, mode="json")
    for name, field in part.__pydantic_fields__.items():
        key = field.serialization_alias or name
        if key not in written:
            continue
        value = getattr(part, name)
        if not is_dataclass(value):
            flow = yaml.safe_dump(written[key], default_flow_style=True, width=1000)
            value = flow.removesuffix("...\n").strip()
        yield key, field.description or "", value
