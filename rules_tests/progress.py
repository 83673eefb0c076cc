"""Lines of progress, for commands that take minutes."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def progress(items: Iterable[_Item], total: int, what: str) -> Iterator[_Item]:
    """`items`, with a line on standard error for every tenth of the `total` that is there.

    They are lines and no bar, since the log of a pipeline shows a bar only when it is full.
    """
    for number, item in enumerate(items, 1):
        if 10 * number // total > 10 * (number - 1) // total:
            print(f"{what}: {number} of {total}", file=sys.stderr, flush=True)
        yield item
