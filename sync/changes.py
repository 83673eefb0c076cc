"""Differences between what is live and what is in Git, and their text."""

import difflib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_CONTEXT = 2


@dataclass(frozen=True)
class Change:
    """One difference: of which thing, in what of it, and both values; None is absent."""

    thing: str
    what: str
    live: Any = None
    git: Any = None
    mendable: bool = True
    """Whether applying what is in Git could end it."""


@dataclass(frozen=True)
class Comparison:
    """What was found on one server: differences, and what else is worth knowing."""

    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matched(Generic[T]):
    """Two lists side by side."""

    pairs: tuple[tuple[T, T], ...]
    only_live: tuple[T, ...]
    only_git: tuple[T, ...]
    in_order: bool
    """Whether what both have stands in the same order in both."""


def matched(live: Sequence[T], git: Sequence[T], key: Callable[[T], object]) -> Matched[T]:
    """Pair what has the same key; of several with one key, the first with the first."""
    lives, gits = dict(_keyed(live, key)), dict(_keyed(git, key))
    both = [name for name in gits if name in lives]
    return Matched(
        pairs=tuple((lives[name], gits[name]) for name in both),
        only_live=tuple(value for name, value in lives.items() if name not in gits),
        only_git=tuple(value for name, value in gits.items() if name not in lives),
        in_order=both == [name for name in lives if name in gits],
    )


def _keyed(values: Sequence[T], key: Callable[[T], object]) -> Iterator[tuple[object, T]]:
    seen: Counter[object] = Counter()
    for value in values:
        name = key(value)
        yield (name, seen[name]), value
        seen[name] += 1


def leaves(live: Any, git: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two parsed JSON values differ: the path, and the value on each side or None."""
    if isinstance(live, dict) and isinstance(git, dict):
        for key in sorted(live.keys() | git.keys()):
            inner = f"{path}.{key}" if path else key
            yield from leaves(live.get(key), git.get(key), inner)
    elif isinstance(live, list) and isinstance(git, list) and _has_parts(live + git):
        for index in range(max(len(live), len(git))):
            one = live[index] if index < len(live) else None
            other = git[index] if index < len(git) else None
            yield from leaves(one, other, f"{path}[{index}]")
    elif live != git:
        yield path, live, git


def _has_parts(values: list[Any]) -> bool:
    return any(isinstance(value, dict | list) for value in values)


def lines(change: Change) -> list[str]:
    """`change` for people: - is live, + is in Git."""
    head = f"  {change.thing}: {change.what}"
    old, new = _text(change.live), _text(change.git)
    if not old or not new or len(old) == len(new) == 1:
        body = [*(f"- {line}" for line in old), *(f"+ {line}" for line in new)]
    else:
        found = difflib.unified_diff(old, new, n=_CONTEXT, lineterm="")
        body = [
            line if line.startswith("@@") else f"{line[0]} {line[1:]}" for line in list(found)[2:]
        ]
    return [head, *(f"    {line}".rstrip() for line in body)]


def _text(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines() or ['""']
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).splitlines()
