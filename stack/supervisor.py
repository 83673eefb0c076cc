"""Child processes that are watched while they run, and that end when we end.

Each child carries a mark in its environment, which the processes that it starts inherit. Processes
that a killed supervisor left behind are found by that mark, and ended by the next supervisor or by
`make down`.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

import psutil

from contract.command import ENDING_SIGNALS
from tools import MARK, ToolError, container
from tools.process import Seen, awaited

STOP_TIMEOUT = 20
"""Seconds a child gets to end after SIGTERM: longer than the exporter needs to drain."""

START_TIMEOUT = 120
"""Seconds for one part to answer; the first start of the database takes longest."""

PAUSE = 0.2
"""Seconds between two checks of a condition that is waited for."""


@dataclass
class Supervisor:
    """Owns the processes of one folder; at most one supervisor per folder runs at a time.

    `tell` is given each step that takes time.
    """

    folder: Path
    tell: Callable[[str], object] = lambda _: None
    _children: dict[str, psutil.Popen] = field(default_factory=dict)
    _lock: IO[str] | None = None

    def __enter__(self) -> Self:
        """Lock the folder. Raises ToolError if another supervisor has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _take(self.folder)
        if self._lock is None:
            raise ToolError(
                f"a stack already runs in {self.folder} (process {owner(self.folder)}): "
                "stop it with `make down`, or with Ctrl-C where it was started"
            )
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        if left := end_leftovers(self.folder):
            print(f"ended what a killed stack had left: {left} processes", flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        """End every child, the last one started first, and unlock the folder.

        A signal that arrives meanwhile is delivered when all have ended.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        try:
            for child in reversed(self._children.values()):
                _end(child)
        finally:
            end_leftovers(self.folder)
            if self._lock is not None:
                self._lock.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def start(
        self,
        name: str,
        command: Sequence[str],
        ready: Callable[[], bool] = lambda: True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start `command` as `name`, with its output in `name`.log, and return once it is `ready`.

        Raises ToolError if it ends before that, or is not ready in time.
        """
        self.tell(f"starting {name}")
        with self._log(name).open("ab") as log:
            self._children[name] = psutil.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {}), MARK: str(self.folder)},
                start_new_session=True,  # Ctrl-C reaches only us; we end the children in order
            )
        self.wait(ready, f"the start of {name}")

    def end(self, name: str) -> None:
        """End the child `name` on purpose, so that `check` does not report it."""
        _end(self._children.pop(name))

    def check(self) -> None:
        """Raise ToolError with the end of its log if a child has ended."""
        for name, child in self._children.items():
            code = child.poll()
            if code is not None:
                last = self._log(name).read_text(errors="replace").splitlines()[-5:]
                said = "\n  ".join(last) or "(it wrote nothing)"
                raise ToolError(f"{name} ended with exit code {code}:\n  {said}")

    def wait(self, done: Callable[[], Seen], what: str, seconds: float = START_TIMEOUT) -> Seen:
        """What `done` returns, as soon as that is true.

        Raises ToolError if a child ends meanwhile, or if `what` is not seen within `seconds`.
        """
        if seen := awaited(done, seconds, self.pause):
            return seen
        raise ToolError(f"{what}: not within {seconds:g} s, see the logs in {self.folder}")

    def pause(self) -> None:
        """Sleep between two checks. Raises ToolError if a child has ended."""
        self.check()
        time.sleep(PAUSE)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def stop(folder: Path) -> bool:
    """End the stack of `folder` from outside, or what a killed one left. False: there was none.

    Raises ToolError if it does not end in time.
    """
    if not folder.is_dir():
        return end_leftovers(folder) > 0
    process = owner(folder)
    if process.isdecimal():
        with suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGTERM)
    lock = awaited(lambda: _take(folder), 3 * STOP_TIMEOUT)
    if lock is None:
        raise ToolError(f"process {process} does not end: `kill -9 {process}`, then `make down`")
    with lock:  # so that no stack starts here while what is left is ended
        return end_leftovers(folder) > 0 or bool(process)


def owner(folder: Path) -> str:
    """The process id of the supervisor that has `folder`; empty if none has."""
    if not (folder / "stack.lock").exists():
        return ""
    lock = _take(folder)
    if lock is None:
        # The holder writes its process id once it has the lock.
        return (folder / "stack.lock").read_text() or "that is starting"
    lock.close()
    return ""


def end_leftovers(folder: Path) -> int:
    """End processes and containers with the mark of `folder`, and return how many there were."""
    found = leftovers(folder)
    _end(*found)
    return len(found) + container.remove_marked(str(folder))


def leftovers(folder: Path) -> list[psutil.Process]:
    """Processes other than this one that carry the mark of `folder`, or of a folder in it."""
    return [process for process, where in marked() if where.is_relative_to(folder)]


def marked() -> Iterator[tuple[psutil.Process, Path]]:
    """The processes other than this one that carry a mark, each with the folder that it names."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or is not ours
            folder = process.environ().get(MARK)
            alive = process.status() != psutil.STATUS_ZOMBIE
            if folder and alive and process.pid != os.getpid():
                yield process, Path(folder)


def _end(*processes: psutil.Process) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, STOP_TIMEOUT)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, STOP_TIMEOUT)


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
