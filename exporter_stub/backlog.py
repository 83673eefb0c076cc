"""The runs that wait for a worker."""

import threading
import time
from dataclasses import dataclass, field, replace

from exporter_stub.traffic import Usage, WorkflowRun

CAPACITY = 1000  # runs that may wait; one that comes then fails at once


@dataclass(eq=False)
class Work:
    """The writes of a run that are to be done, one after another: those of `usages`.

    `states` tells whether the states that the usages refer to are yet to be written. `since` is
    when the first write could have begun (`perf_counter`). No worker takes it before `after`.
    `broken` counts the connections that broke under the first write.
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


class Backlog:
    """A queue for several threads, in which work stays until its outcome is known."""

    def __init__(self) -> None:
        """Begin with an empty queue."""
        self._works: list[Work] = []
        self._change = threading.Condition()
        self.over = False  # nothing is done any more

    def put(self, work: Work) -> bool:
        """Add `work` at the end; False if the queue is full."""
        with self._change:
            if fits := len(self._works) < CAPACITY:
                self._works.append(work)
                self._change.notify_all()
            return fits

    def take(self, seconds: float) -> Work | None:
        """The next work; None after `seconds`, or when all is `over`."""
        with self._change:
            self._change.wait_for(lambda: self.over or self._next(), seconds)
            if work := None if self.over else self._next():
                work.taken = True
            return work

    def put_back(self, work: Work) -> None:
        """Let `work` be taken again, in its place."""
        with self._change:
            work.taken = False
            self._change.notify_all()

    def settle(self, work: Work) -> bool:
        """Note that the outcome of the first write is known; return whether to do the next."""
        with self._change:
            work.usages, work.since, work.broken = work.usages[1:], time.perf_counter(), 0
            if not work.usages:
                self._works.remove(work)
                self._change.notify_all()
            return bool(work.usages) and not self.over

    def drop(self, before: float) -> list[Work]:
        """Remove and return what has waited since before `before` (`perf_counter`).

        Work that is in doubt stays until its outcome is known.
        """
        with self._change:
            late = [one for one in self._works if one.since < before and not one.in_doubt]
            self._works = [one for one in self._works if one not in late]
            self._change.notify_all()
        return late

    def close(self, seconds: float) -> list[Work]:
        """Wait for so many `seconds` until all is done; return copies of what stays undone."""
        with self._change:
            self._change.wait_for(lambda: not self._works, seconds)
            self.over = True
            self._change.notify_all()
            return [replace(one) for one in self._works]

    def _next(self) -> Work | None:
        now = time.perf_counter()
        return next((one for one in self._works if not one.taken and one.after <= now), None)
