"""The writes that wait for a worker."""

import threading
import time
from dataclasses import dataclass, field, replace

from exporter_stub.database import CLIENT_TIMEOUT
from exporter_stub.traffic import Usage, WorkflowRun

CAPACITY = 1000  # writes that may wait; a run that comes then fails at once
TRIES = 4  # broken connections after which the write counts as the cause
REST = 0.25  # seconds before the next try, so that one moment in which all break counts once


@dataclass(eq=False)
class Write:
    """A write of the first of `usages`; the others wait for the states that it brings along.

    `states` tells whether the states that the usage of `run` refers to are yet to be written.
    `since` is when it could have begun (`perf_counter`). No worker takes it before `after`.
    `broken` counts the connections that broke under it.
    """

    run: WorkflowRun
    usages: tuple[Usage, ...]
    states: bool = True
    since: float = field(default_factory=time.perf_counter)
    after: float = 0.0
    taken: bool = False  # by a worker
    broken: int = 0

    @property
    def in_doubt(self) -> bool:
        """Whether its first usage may be in the database, or may be counted at any moment."""
        return self.taken or self.broken > 0

    def again(self) -> "Write":
        """Its first usage alone, to be written again since a connection broke under it.

        Before it is given up, it rests for as long as the server may still be writing it.
        """
        broken = self.broken + 1
        after = time.perf_counter() + (REST if broken < TRIES else CLIENT_TIMEOUT)
        return replace(self, usages=self.usages[:1], after=after, taken=False, broken=broken)


class Backlog:
    """A queue for several threads, in which a write stays until its outcome is known."""

    def __init__(self) -> None:
        """Begin with an empty queue."""
        self._writes: list[Write] = []
        self._change = threading.Condition()
        self.over = False  # nothing is done any more

    def put(self, write: Write) -> bool:
        """Add `write` at the end; False if the queue is full."""
        with self._change:
            if fits := len(self._writes) < CAPACITY:
                self._writes.append(write)
                self._change.notify_all()
            return fits

    def take(self, seconds: float) -> Write | None:
        """The next write; None after `seconds`, or when all is `over`."""
        with self._change:
            self._change.wait_for(lambda: self.over or self._next(), seconds)
            if write := None if self.over else self._next():
                write.taken = True
            return write

    def put_back(self, write: Write) -> None:
        """Let `write` be taken again, in its place."""
        with self._change:
            write.taken = False
            self._change.notify_all()

    def replace(self, write: Write, *others: Write) -> None:
        """Remove `write`, of which the outcome is known, and put `others` into its place."""
        with self._change:
            index = self._writes.index(write)
            self._writes[index : index + 1] = others
            self._change.notify_all()

    def _next(self) -> Write | None:
        now = time.perf_counter()
        return next((one for one in self._writes if not one.taken and one.after <= now), None)

    def drop(self, before: float) -> list[Write]:
        """Remove and return what has waited since before `before` (`perf_counter`).

        A write that may be in the database stays until its outcome is known.
        """
        with self._change:
            late = [one for one in self._writes if one.since < before and not one.in_doubt]
            self._writes = [one for one in self._writes if one not in late]
            self._change.notify_all()
        return late

    def close(self, seconds: float) -> list[Write]:
        """Wait for so many `seconds` until all is done; return what is left and stays undone."""
        with self._change:
            self._change.wait_for(lambda: not self._writes, seconds)
            self.over = True
            self._change.notify_all()
            return [*self._writes]
