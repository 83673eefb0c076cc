"""What was done, told on the terminal as it happens, and kept for the page."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from preview.timeline import Event

_FILE = "events.jsonl"


@dataclass
class Journal:
    """Tells lines with the time of day; `events` are kept in `folder`, from other processes too."""

    folder: Path
    console: Console = field(default_factory=lambda: Console(highlight=False))
    doing: str = ""
    awaited: str = ""
    begun: float = field(default_factory=time.monotonic)
    _progress: Progress | None = None

    def begin(self) -> None:
        """Forget what an earlier run left."""
        (self.folder / _FILE).write_text("")

    def say(self, text: str) -> None:
        """Print a line; at once, for who reads a log that grows."""
        clock = time.strftime("%H:%M:%S")
        self.console.print(f"{clock} {text}", markup=False, soft_wrap=True)
        self.console.file.flush()

    def step(self, doing: str, awaited: str = "") -> None:
        """Tell what goes on now, and what is waited for next."""
        if (doing, awaited) == (self.doing, self.awaited):
            return
        self.doing, self.awaited = doing, awaited
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=_line(doing, awaited))
        else:
            self.say(_line(doing, awaited))

    def done(self, text: str) -> None:
        """Tell that something was done, and keep it for the page's time axis."""
        self.say(text)
        note(self.folder, text)

    def events(self) -> list[Event]:
        """What was done, the oldest first."""
        lines = (self.folder / _FILE).read_text().splitlines()
        return [Event(kind="done", **json.loads(line)) for line in lines]

    @property
    def elapsed(self) -> str:
        """Time since the beginning: 1:07."""
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        return f"{minutes}:{seconds:02}"

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Where a person watches: a line below with what goes on, what comes next, how long."""
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
    """Keep for the page of the stack of `folder` that something was done now."""
    with (folder / _FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"when": time.time(), "text": text}) + "\n")


def _line(doing: str, awaited: str) -> str:
    return f"{doing}; next: {awaited}" if awaited else doing
