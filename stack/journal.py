"""The journal of what was done: printed on the terminal, and kept for the page."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from preview.timeline import Event

WIDTH = 101
"""Columns that the longest rule name needs, if the terminal is narrower or there is none."""

_FILE = "events.jsonl"


@dataclass
class Journal:
    """Prints lines with the time; keeps `events` in `folder`, where other processes add theirs."""

    folder: Path
    console: Console = field(default_factory=lambda: Console(highlight=False))
    doing: str = ""
    ended: bool = False
    links: Mapping[str, str] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    def begin(self) -> Live:
        """Forget what an earlier run left. A terminal shows the status line inside of `with`."""
        (self.folder / _FILE).write_text("")
        return Live(
            get_renderable=lambda: Text(f"{self.elapsed} {self.doing}"),
            console=self.console,
            transient=True,
        )

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

    def step(self, doing: str) -> None:
        """Show what is being done: in the status line, or else as a line of its own."""
        if doing != self.doing:
            self.doing = doing
            if not self.console.is_terminal:
                self.say(doing)

    def end(self, how: str) -> None:
        """Print how the run ended; the page shows it and then stays as it is."""
        self.show(how)
        self.doing, self.ended = f"ended: {how}", True

    def done(self, text: str) -> None:
        """Print that something was done, and keep it for the page's timeline."""
        self.say(text)
        note(self.folder, text)

    def events(self) -> list[Event]:
        """What was done, oldest first."""
        lines = (self.folder / _FILE).read_text().splitlines()
        return [Event(kind="done", **json.loads(line)) for line in lines]

    def status(self) -> dict[str, Any]:
        """What the page shows above everything else."""
        shown = ("doing", "ended", "links", "elapsed")
        return {name: getattr(self, name) for name in shown}

    @property
    def elapsed(self) -> str:
        """The time since the beginning, such as 1:07."""
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        return f"{minutes}:{seconds:02}"


def note(folder: Path, text: str) -> None:
    """Record for the page of `folder`'s stack that something was done now."""
    with (folder / _FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"when": time.time(), "text": text}) + "\n")
