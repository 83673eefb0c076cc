"""The demonstration: a day behind it, everything running, and incidents from onset to resolved."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext

import requests
from rich.console import Console

from contract.config import Config
from stack.incidents import SILENCE, Incident
from stack.launch import Settings, Stack
from stack.pager import Pager
from stack.past import DAY, write_past
from stack.rehearsal import Rehearsal, table
from stack.supervisor import StackError, Supervisor
from tools.promtool import PromtoolError

SPEED = 10
"""Times as fast as in production: the failures alert looks back 15 minutes, and so needs as many to
be resolved."""

_LEAD = 30
"""Seconds that making the past takes: it ends when the parts start."""

_WIDTH = 100


def demo(settings: Settings, config: Config, chosen: Mapping[str, Incident]) -> int:
    """Rehearse `chosen`. 0: each was notified and resolved; 1: what was missing is said.

    Raises StackError where the stack cannot run, or does not any more.
    """
    console = Console(highlight=False)
    say = _clocked(console)
    with (
        console.status("rehearsing") if console.is_terminal else nullcontext(),
        with_past(settings, config, quiet=SILENCE in chosen, say=say) as (stack, pager),
    ):
        rehearsal = Rehearsal(stack, pager, say)
        courses = [rehearsal.run(name, incident) for name, incident in chosen.items()]
    console.width = max(console.width, _WIDTH)
    console.print(table(courses))
    missing = {course.name: course.missing() for course in courses if course.missing()}
    for name, steps in missing.items():
        console.print(f"{name}: was not {', '.join(steps)}; logs are in {settings.folder}")
    return int(bool(missing))


@contextmanager
def playground(settings: Settings, say: Callable[[str], None]) -> Iterator[Stack]:
    """All parts, on what they had when they ran last."""
    with Supervisor(settings.folder) as supervisor:
        stack = Stack(settings, supervisor)
        stack.prepare()
        with Pager(settings.ports.pager_port):
            stack.start_all(say)
            yield stack


@contextmanager
def with_past(
    settings: Settings, config: Config, *, quiet: bool, say: Callable[[str], None]
) -> Iterator[tuple[Stack, Pager]]:
    """All parts, on a fresh past, which ends without workflows where it is `quiet`."""
    with Supervisor(settings.folder) as supervisor:
        for name in ("past", "prometheus", "alertmanager"):  # what an earlier run saw
            shutil.rmtree(settings.folder / name, ignore_errors=True)
        stack = Stack(settings, supervisor)
        stack.prepare()
        end = int(time.time()) + _LEAD
        say(f"making a past of {DAY / settings.speed / 60:.0f} minutes, which are 25 hours to it")
        try:
            tsdb = write_past(
                settings.folder / "past",
                config,
                settings.instances,
                end=end,
                speed=settings.speed,
                rate=settings.rate,
                quiet=quiet,
            )
        except (PromtoolError, requests.RequestException) as error:
            raise StackError(f"the past cannot be made: {error}") from None
        tsdb.rename(settings.folder / "prometheus")
        time.sleep(max(0.0, end - time.time()))
        with Pager(settings.ports.pager_port) as pager:
            stack.start_all(say)
            yield stack, pager


def _clocked(console: Console) -> Callable[[str], None]:
    """Print lines with the time of day; at once, for who reads a log that grows."""

    def say(text: str) -> None:
        console.print(f"{time.strftime('%H:%M:%S')} {text}", markup=False, soft_wrap=True)
        console.file.flush()

    return say
