"""Read what is in Git, compare it by name with what is live, and print differences."""

import difflib
import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from contract.durations import parsed_duration, promql_duration
from contract.file import ConfigError, parsed
from contract.validation import validated

Read = TypeVar("Read")
REBUILD = "run `make build`, or restore it with git"
_AROUND = 2
"""Lines shown before and after one that differs, of a text of several lines."""
_FIRST_LINES = re.compile(r"@@ -[01]\b")
"""The line of a diff that says that the first lines follow, which needs no saying."""


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


@dataclass(frozen=True)
class Part:
    """What is applied in one go, such as a dashboard: its differences, and notes on it."""

    changes: Sequence[str] = ()
    apply: Callable[[], str] | None = None
    """Applies what is in Git, and returns what was done. Raises LiveError or ConfigError."""
    notes: Sequence[str] = ()

    def applied(self) -> Iterator[str]:
        """Apply it if there are differences; yields what was done."""
        if self.changes and self.apply:
            yield self.apply()


@dataclass(frozen=True)
class Thing:
    """A piece of a server's configuration, in the form in which it is compared."""

    name: str
    value: Any
    short: Any = None  # shown instead of the value if the other side lacks the thing
    key: Hashable = None  # identifies it, if the name does not
    ordered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The names of its parts whose order has a meaning, by what they are."""


def differences(live: Iterable[Thing], git: Iterable[Thing], kept: str = "") -> Iterator[str]:
    """The differences between things with the same key.

    Of things that only the live side has, `kept` says why they remain, if they do.
    """
    lives, gits = ({each.key or each.name: each for each in side} for side in (live, git))
    for key, wanted in gits.items():
        if key not in lives:
            yield change(wanted.name, "is not there", git=wanted.short or wanted.value)
            continue
        found = lives[key]
        yield from (change(wanted.name, *leaf) for leaf in leaves(found.value, wanted.value))
        for part, new in wanted.ordered.items():
            old = found.ordered.get(part, ())
            if [it for it in old if it in new] != [it for it in new if it in old]:
                what = f"order of its {part}"
                yield change(wanted.name, what, "\n".join(old), "\n".join(new))
    for key, found in lives.items():
        if key not in gits:
            what = f"is not in Git{kept and f' ({kept})'}"
            yield change(found.name, what, live=found.short or found.value)


def leaves(live: Any, git: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two parsed JSON values differ: the path, and the value, or None, on each side."""
    both = live + git if isinstance(live, list) and isinstance(git, list) else []
    if isinstance(live, dict) and isinstance(git, dict):
        for key in sorted(live.keys() | git.keys()):
            inner = f"{path}.{key}" if path else key
            yield from leaves(live.get(key), git.get(key), inner)
    elif any(isinstance(each, dict | list) for each in both):
        for index, (one, other) in enumerate(zip_longest(live, git)):
            yield from leaves(one, other, f"{path}[{index}]")
    elif live != git:
        yield path, live, git


def duration(value: object) -> str:
    """A duration in canonical form: 90s is 1m30s, as is the number 90. Raises ValueError."""
    text = f"{1000 * value:.0f}ms" if isinstance(value, int | float) else str(value)
    return promql_duration(parsed_duration(text or "0s"))


Length = Annotated[str, BeforeValidator(duration)]
"""A duration in canonical form; APIs write it as a text, as a number of seconds, or as ""."""


def change(thing: str, what: str, live: Any = None, git: Any = None) -> str:
    """A difference, for people: the thing, what differs in it, and both values, None if absent."""
    old, new = _text(live), _text(git)
    if old == new and live != git:  # a number and its text, or a newline at the end
        old, new = [json.dumps(live)], [json.dumps(git)]
    found = list(difflib.unified_diff(old, new, n=_AROUND, lineterm=""))[2:]  # after file names
    body = [
        line if line.startswith("@@") else f"{line[0]} {line[1:]}"
        for line in found
        if not _FIRST_LINES.match(line)
    ]
    return "\n".join([f"  {thing}: {what}", *(f"    {line}".rstrip() for line in body)])


def _text(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines() or ['""']
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).splitlines()
