"""Documents that pydantic reads; errors name the document, the key, and what to write."""

import re
import reprlib
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from contract.durations import promql_duration
from contract.file import ConfigError

T = TypeVar("T")

_SHORT = reprlib.Repr()  # a small file with aliases may expand to more than fits into memory
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 100

_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")
_KINDS = {"integer": "whole number", "string": "text", "tuple": "list", "dictionary": "mapping"}
"""What a value must be, in place of pydantic's word for it."""
_SPAN = re.compile(r"datetime\.timedelta\((?:(\w+)=)?(\d+)\)")
"""A limit as pydantic shows it: timedelta(0), timedelta(days=31)."""


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
    try:
        return validate(content)
    except ValidationError as error:
        raise ConfigError("\n".join(_explained(source, error, root, secret=secret))) from None
    except RecursionError:
        raise ConfigError(f"{source}: is nested too deep") from None


def _explained(
    source: Path | str, error: ValidationError, root: Any, *, secret: bool
) -> Iterator[str]:
    found = error.errors()
    inner = {one["loc"][:length] for one in found for length in range(len(one["loc"]))}
    for one in found:
        if one["loc"] in inner:
            continue  # it follows from an error further in
        key = ".".join(map(str, one["loc"]))
        if not secret:  # the entry of a list is shown, so its number says nothing more
            key = re.sub(r"(\.\d+)+$", "", key)
        yield f"{source}: {f'{key}: ' if key else ''}{_reason(one, root, secret=secret)}"


def _reason(one: Any, root: Any, *, secret: bool) -> str:
    match one["type"]:
        case "unexpected_keyword_argument" | "invalid_key":
            text = f"unknown key; known are {_keys(root, one['loc'][:-1])}"
        case "extra_forbidden":
            text = "unknown key"
        case "missing":
            text = "is required"
        case _ if one["input"] is None:
            text = "has no value: give it one, or leave the key out"
        case "value_error":
            text = str(one["ctx"]["error"])
        case "dataclass_type":
            text = f"must be a mapping with keys among {_keys(root, one['loc'])}"
        case "too_long":
            text = f"must have at most {one['ctx']['max_length']} entries"
        case "too_short":
            text = f"must have {one['ctx']['min_length']} or more entries"
        case _:
            text = _message(one) + ("" if secret else _shown(one))
    return text


def _shown(one: Any) -> str:
    """What is there and, where that is clear, what was meant."""
    given = one["input"]
    meant = ""
    if one["type"] == "tuple_type" and isinstance(given, str):
        meant = f": write [{given}]"
    if one["type"] == "float_parsing" and (percent := _PERCENT.fullmatch(given)):
        share = float(percent[1]) / (1 if "percent" in one["loc"][-1] else 100)
        meant = f": write {share:g}"
    return f", not {_SHORT.repr(given)}{meant}"


def _message(one: Any) -> str:
    """Pydantic's own message, in words of configuration files."""
    text = re.sub("^(Input|String) should", "must", one["msg"])
    text = re.sub(r"a valid (\w+).*", lambda found: f"a {_KINDS.get(found[1], found[1])}", text)
    return _SPAN.sub(lambda it: promql_duration(timedelta(**{it[1] or "days": int(it[2])})), text)


def _keys(root: Any, path: tuple[Any, ...]) -> str:
    """The keys that are allowed below `path` in a file that is read as the dataclass `root`."""
    for key in path:
        root = fields(root)[key].annotation
    return ", ".join(fields(root))


def fields(root: Any) -> dict[str, Any]:
    """The fields of the pydantic dataclass `root` by their keys in a file, mappings first."""
    # Pydantic itself has those first that a base class names as well.
    every = [(name, root.__pydantic_fields__[name]) for name in root.__dataclass_fields__]
    every.sort(key=lambda one: not is_dataclass(one[1].annotation))
    return {it.serialization_alias or name: it for name, it in every if not it.exclude}
