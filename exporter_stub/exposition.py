"""Series in Prometheus' and OpenMetrics' text formats.

prometheus_client makes each sample an object, with a copy of its labels, anew at every scrape, and
keeps Python's interpreter lock meanwhile: 0.4 s of 50,000 series, in which no other thread gets on.
Here a series' text is made once, when the series is born; a scrape appends the numbers, in slices
between which other threads get their turn. `make bench-exporter` compares both.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Number = int | float

SLICE = 500
"""Series that are written without a break: a fraction of a millisecond."""

PAUSE = 50e-6
"""Seconds of a break: long enough for a waiting thread to wake and take the interpreter's lock."""

_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


@dataclass
class Table:
    """One family: a line of text for each series, and beside it its value."""

    name: str
    type: Literal["counter", "histogram", "gauge"]
    help: str
    lines: list[str] = field(default_factory=list)
    values: list[Number] = field(default_factory=list)

    def add(self, labels: Mapping[str, str], value: Number = 0, suffix: str = "") -> int:
        """A new series with `labels`; returns its index in `values`."""
        pairs = label_pairs(labels)
        self.lines.append(f"{self.name}{suffix}{{{pairs}}} " if pairs else f"{self.name}{suffix} ")
        self.values.append(value)
        return len(self.values) - 1


def label_pairs(labels: Mapping[str, str]) -> str:
    """Labels as they stand between braces."""
    return ",".join(f'{key}="{text.translate(_ESCAPES)}"' for key, text in labels.items())


def exposition(
    tables: Sequence[Table], lock: threading.Lock, *, openmetrics: bool
) -> Iterator[str]:
    """The text of all series, in pieces. `lock` guards the tables while their values are copied.

    All values are of one moment. A family without series is left out.
    """
    with lock:
        # Lines are only ever appended: the first of them belong to the copied values.
        moment = [(table, table.lines, table.values[:]) for table in tables if table.values]
    for table, lines, values in moment:
        yield head(table, openmetrics=openmetrics)
        for start in range(0, len(values), SLICE):
            piece = slice(start, start + SLICE)
            yield "".join(
                [
                    f"{line}{value}\n"
                    for line, value in zip(lines[piece], values[piece], strict=False)
                ]
            )
            if len(values) > SLICE:
                time.sleep(PAUSE)
    if openmetrics:
        yield "# EOF\n"


def head(table: Table, *, openmetrics: bool) -> str:
    """What stands above a family's samples."""
    # OpenMetrics names a counter's family without the suffix of its samples.
    counter = openmetrics and table.type == "counter"
    name = table.name.removesuffix("_total") if counter else table.name
    return f"# HELP {name} {table.help.translate(_HELP_ESCAPES)}\n# TYPE {name} {table.type}\n"
