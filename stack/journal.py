"""The journal of what was done: printed on the terminal, and kept for the page."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from preview.timeline import Event

WIDTH = 100
"""Columns that the longest rule name needs, if the terminal is narrower or there is none."""

_FILE = "events.jsonl"


@dataclass
class Journal:
    """Prints lines with the time; keeps `events` in `folder`, where other processes add theirs."""

    folder: Path
    console: Console = field(default_factory=lambda: Console(highlight=False))
    doing: str = ""
    awaited: str = ""
    begun: float = 0
    _progress: Progress | None = None

    def begin(self) -> None:
        """Forget what an earlier run left; the time counts from now on."""
        self.begun = time.monotonic()
        (self.folder / _FILE).write_text("")

    def say(self, text: str) -> None:
        """Print a line and flush it, so that a log shows it at once."""
        clock = time.strftime("%H:%M:%S")
        self.console.print(f"{clock} {text}", markup=False, soft_wrap=True)
        self.console.file.flush()

    def show(self, *content: str | Table) -> None:
        """Print tables, and lines without the time."""
        self.console.width = max(self.console.width, WIDTH)
        for each in content:
            self.console.print(each, markup=False, soft_wrap=isinstance(each, str))

    def step(self, doing: str, awaited: str = "") -> None:
        """Show what is being done, and what is waited for next."""
        if (doing, awaited) == (self.doing, self.awaited):
            return
        self.doing, self.awaited = doing, awaited
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=_line(doing, awaited))
        else:
            self.say(_line(doing, awaited))

    def done(self, text: str) -> None:
        """Print that something was done, and keep it for the page's timeline."""
        self.say(text)
        note(self.folder, text)

    def events(self) -> list[Event]:
        """What was done, oldest first."""
        lines = (self.folder / _FILE).read_text().splitlines()
        return [Event(kind="done", **json.loads(line)) for line in lines]

    @property
    def elapsed(self) -> str:
        """The time since the beginning, such as 1:07."""
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        return f"{minutes}:{seconds:02}"

    @contextmanager
    def shown(self) -> Iterator[None]:
        """On a terminal, show a status line with the current step, the next one, and the time."""
        columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self.console, transient=True) as progress:
            if self.console.is_terminal:
                progress.add_task("", total=None)
                self._progress = progress
            try:
                yield
            finally:
                self._progress = None


def note(folder: Path, text: str) -> None:
    """Record for the page of `folder`'s stack that something was done now."""
    with (folder / _FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"when": time.time(), "text": text}) + "\n")


def _line(doing: str, awaited: str) -> str:
    return f"{doing}; next: {awaited}" if awaited else doing
