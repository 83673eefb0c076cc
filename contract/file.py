"""Reading YAML files of users; errors name the file and the key."""

import io
import re
import reprlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

if TYPE_CHECKING:
    from pydantic import ValidationError

T = TypeVar("T")

_SHORT = reprlib.Repr()  # a small file with aliases may expand to more than fits into memory
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 100

_LARGEST = 1_000_000
"""Bytes: a file with all keys has 4,000, and YAML is parsed at some 100,000 a second."""

_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")


class ConfigError(Exception):
    """A bad value; the message names the file or variable, the key, and the allowed values."""


class StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which in addition refuses duplicate keys.

    It raises yaml.YAMLError with the place; PyYAML alone would silently use the last one.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  # PyYAML's signature
        """The dictionary of a mapping without duplicate keys."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    message = f"the key {key.value} stands twice"
                    raise yaml.constructor.ConstructorError(None, None, message, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(file: Path) -> Any:
    """The content of `file`. Raises ConfigError if it cannot be read or is not YAML."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ConfigError(f"{file}: is larger than {_LARGEST / 1e6:g} MB: no configuration is")
        # As a stream, of which errors give line and column, and not the text: it may be secret.
        return yaml.load(io.BytesIO(data), Loader=StrictLoader)  # noqa: S506  # a SafeLoader
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
    except RecursionError:
        raise ConfigError(f"{file}: is not YAML that can be read (it is nested too deep)") from None
    except (yaml.YAMLError, ValueError, AttributeError) as error:  # of a date, a number, a time
        raise ConfigError(f"{file}: is not YAML ({' '.join(str(error).split())})") from None


def validated(
    validate: Callable[[Any], T],
    content: Any,
    source: Path | str,
    root: Any = None,
    *,
    secret: bool = False,
) -> T:
    """What pydantic's `validate` makes of `content`, which is from `source`, for messages.

    If it is of a dataclass, `root` is its class, so that messages can list its keys. Raises
    ConfigError with each wrong key and its allowed values; not with what is there if it may be
    `secret`.
    """
    from pydantic import ValidationError  # noqa: PLC0415  # those who test rules of theirs have none

    try:
        return validate(content)
    except ValidationError as error:
        raise ConfigError("\n".join(_explained(source, error, root, secret=secret))) from None
    except RecursionError:
        raise ConfigError(f"{source}: is nested too deep") from None


def _explained(
    source: Path | str, error: "ValidationError", root: Any, *, secret: bool
) -> Iterator[str]:
    found = error.errors()
    inner = {one["loc"][:length] for one in found for length in range(len(one["loc"]))}
    for one in found:
        if one["loc"] in inner:
            continue  # it follows from an error further in
        key = ".".join(map(str, one["loc"]))
        yield f"{source}: {f'{key}: ' if key else ''}{_reason(one, root, secret=secret)}"


def _reason(one: Any, root: Any, *, secret: bool) -> str:
    given = one["input"]
    shown = "" if secret else f", not {_SHORT.repr(given)}"
    match one["type"]:
        case "unexpected_keyword_argument":
            text = unknown_among(keys(root, one["loc"][:-1]))
        case "dataclass_type":
            text = f"must be a mapping with keys among {', '.join(keys(root, one['loc']))}"
        case "extra_forbidden" | "missing" as kind:
            text = {"extra_forbidden": "unknown key", "missing": "is required"}[kind]
        case "model_type" | "dict_type":
            text = f"must be a mapping{shown}"
        case "value_error":
            text = str(one["ctx"]["error"])
        case "too_long":
            text = f"must have at most {one['ctx']['max_length']} entries"
        case "too_short":
            text = f"must have {one['ctx']['min_length']} or more entries"
        case "float_parsing" if percent := _PERCENT.fullmatch(given):
            text = f"must be a number, not {given!r}: write {float(percent[1]) / 100:g}"
        case _:
            text = re.sub("^(Input|String) should", "must", one["msg"])
            text = f"{text.replace('valid tuple', 'list')}{shown}"
    return text


def unknown_among(known: list[str]) -> str:
    """The error text for a key that is not in `known`."""
    return f"unknown key; known are {', '.join(known)}"


def keys(root: Any, path: tuple[Any, ...] = ()) -> list[str]:
    """The keys that are allowed below `path` in a file that is read as the dataclass `root`."""
    for name in path:
        root = root.__pydantic_fields__[name].annotation
    found = fields(root).items()
    return [field.serialization_alias or name for name, field in found if not field.exclude]


def fields(root: Any) -> dict[str, Any]:
    """The fields of the pydantic dataclass `root`; those that are mappings in a file come first."""
    every = root.__pydantic_fields__.items()
    return dict(sorted(every, key=lambda one: not is_dataclass(one[1].annotation)))
