"""Child processes that are watched while they run and all gone when we are.

Each child carries a mark in its environment, and so do the processes that it starts. What a killed
supervisor left behind is found by that mark, and ended by the next one or by `make down`.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

import psutil

from tools import MARK, container

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_TIMEOUT = 20
"""Seconds a child gets to end after SIGTERM: longer than the exporter needs to drain."""

START_TIMEOUT = 120
"""Seconds for one part to answer; the first start of the database is in it."""

PAUSE = 0.2
"""Seconds between two looks at what is waited for."""


class StackError(Exception):
    """The stack cannot run, or does not any more; the message says why and what to do."""


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Supervisor:
    """Owns the processes of one folder; at most one supervisor a folder runs at a time."""

    folder: Path
    _children: list[_Child] = field(default_factory=list)
    _lock: IO[str] | None = None

    def __enter__(self) -> Self:
        """Take the folder. Raises StackError where another supervisor has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _take(self.folder)
        if self._lock is None:
            raise StackError(
                f"a stack already runs in {self.folder} (process {_owner(self.folder)}): "
                "stop it with `make down`, or with Ctrl-C where it was started"
            )
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        end_leftovers(self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        """End every child, the last one started first, and give the folder back.

        A signal that arrives meanwhile is delivered when all are gone.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        try:
            for child in reversed(self._children):
                _end(child.process)
        finally:
            end_leftovers(self.folder)
            if self._lock is not None:
                self._lock.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `command` as `name`, with its output in `name`.log of the folder."""
        path = self.folder / f"{name}.log"
        with path.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment, MARK: str(self.folder)},
                start_new_session=True,  # Ctrl-C is for us: children end in our order
            )
        self._children.append(_Child(name, process, path))

    def end(self, name: str) -> None:
        """End the child `name` on purpose, as at the end: `check` does not miss it."""
        for child in [one for one in self._children if one.name == name]:
            self._children.remove(child)
            _end(child.process)

    def check(self) -> None:
        """Raise StackError with the end of its log where a child has ended."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                last = child.log.read_text(errors="replace").splitlines()[-5:]
                said = "\n  ".join(last) or "(it wrote nothing)"
                raise StackError(f"{child.name} ended with exit code {code}:\n  {said}")

    def wait(
        self,
        done: Callable[[], bool],
        what: str | Callable[[], str],
        seconds: float = START_TIMEOUT,
    ) -> None:
        """Return when `done`. Raises StackError where a child ends meanwhile, or time is up.

        `what` tells what was waited for; it is asked when time is up.
        """
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                told = what if isinstance(what, str) else what()
                raise StackError(f"{told}: not within {seconds:g} s, see the logs in {self.folder}")
            self.pause()

    def pause(self) -> None:
        """A moment between two looks. Raises StackError where a child has ended."""
        self.check()
        time.sleep(PAUSE)


def stop(folder: Path) -> bool:
    """End the stack of `folder` from outside, and what a killed one left. False: none was there.

    Raises StackError where it does not end in time.
    """
    lock = _take(folder) if folder.is_dir() else None
    if lock is not None or not folder.is_dir():
        found = end_leftovers(folder)
        if lock is not None:
            lock.close()
        return found > 0
    owner = _owner(folder)
    if owner.isdecimal():
        with suppress(ProcessLookupError):
            os.kill(int(owner), signal.SIGTERM)
    deadline = time.monotonic() + 3 * STOP_TIMEOUT
    while (lock := _take(folder)) is None:
        if time.monotonic() > deadline:
            raise StackError(f"process {owner} does not end: `kill -9 {owner}`, then `make down`")
        time.sleep(0.1)
    end_leftovers(folder)  # none, unless it ended in another way than by its own cleaning up
    lock.close()
    return True


def owner(folder: Path) -> str:
    """The process id of the supervisor that has `folder`; empty where none has."""
    if not (folder / "stack.lock").exists():
        return ""
    lock = _take(folder)
    if lock is None:
        return _owner(folder)
    lock.close()
    return ""


def end_leftovers(folder: Path) -> int:
    """End what carries the mark of `folder`, containers too, and return how many there were."""
    found = leftovers(folder)
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, STOP_TIMEOUT)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, STOP_TIMEOUT)
    return len(found) + container.remove_marked(str(folder))


def leftovers(folder: Path | None = None) -> list[psutil.Process]:
    """Processes other than this one that carry the mark of `folder`, else of any stack."""
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid()
        and (marked := mark(process)) is not None
        and (folder is None or marked.is_relative_to(folder))
    ]


def mark(process: psutil.Process) -> Path | None:
    """The folder of the stack that `process` belongs to; None where it is of none, or not ours."""
    try:
        found = process.environ().get(MARK)
        return Path(found) if found and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _take(folder: Path) -> IO[str] | None:
    """The folder's lock, or None where another process holds it."""
    lock = (folder / "stack.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    lock.truncate(0)
    return lock


def _owner(folder: Path) -> str:
    """The process id that the lock's holder wrote into it, once it did."""
    return (folder / "stack.lock").read_text() or "that is starting"
