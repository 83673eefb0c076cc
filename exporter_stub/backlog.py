"""The runs that wait for a worker."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from exporter_stub.database import CLIENT_TIMEOUT
from exporter_stub.traffic import Usage, WorkflowRun

CAPACITY = 1000  # runs that may wait; further ones fail at once
TRIES = 4  # broken connections after which the write counts as the cause
RETRY = 0.25  # seconds before the third and the fourth try of a write


@dataclass(eq=False)
class Work:
    """The part of a run that is not persisted yet.

    `since` is when its next write could have begun: when the run came, or when the write before had
    ended (`perf_counter`). It is `begun` once the states that its usage refers to are in the
    database. `broken` counts the connections that broke under its next write; that write may be in
    the database or not. No worker takes it before the time `after`.
    """

    run: WorkflowRun
    left: list[Usage]
    since: float = field(default_factory=time.perf_counter)
    begun: bool = False
    broken: int = 0
    after: float = 0.0

    def break_off(self) -> None:
        """Take note that a connection broke under the next write.

        From the second time on the work rests, so that one moment in which all connections break
        counts only once. From TRIES on it rests for as long as the server may still be writing.
        """
        self.broken += 1
        if self.broken > 1:
            rest = RETRY if self.broken < TRIES else CLIENT_TIMEOUT
            self.after = time.perf_counter() + rest


class Backlog:
    """A queue for several threads; `closed` once no more work comes."""

    def __init__(self) -> None:
        """Begin with an empty queue."""
        self._waiting: deque[Work] = deque()
        self._change = threading.Condition()
        self.closed = False

    @property
    def waiting(self) -> list[Work]:
        """The work that waits now."""
        return [*self._waiting]

    @property
    def over(self) -> bool:
        """Whether no work waits and no more comes."""
        return self.closed and not self._waiting

    def put(self, work: Work) -> bool:
        """Add `work` at the end; False if the queue is full."""
        with self._change:
            if fits := len(self._waiting) < CAPACITY:
                self._waiting.append(work)
                self._change.notify()
            return fits

    def put_back(self, work: Work) -> None:
        """Put `work` back in front; a write of unknown outcome does not delay the next ones."""
        with self._change:
            if work.broken and len(work.left) > 1:
                self._waiting.appendleft(Work(work.run, work.left[1:], begun=work.begun))
                del work.left[1:]
            self._waiting.appendleft(work)
            self._change.notify_all()

    def close(self) -> None:
        """Declare that no more work comes."""
        with self._change:
            self.closed = True
            self._change.notify_all()

    def take(self, seconds: float) -> Work | None:
        """The next work; None after `seconds`, or when the queue is `over`."""
        with self._change:
            patience = RETRY if self._waiting else seconds  # resting work sends no notification
            self._change.wait_for(lambda: self.over or any(self._due()), patience)
            if found := next(self._due(), None):
                self._waiting.remove(found)
            return found

    def _due(self) -> Iterator[Work]:
        now = time.perf_counter()
        return (work for work in self._waiting if work.after <= now)

    def drop(self, before: float) -> list[Work]:
        """Remove and return the work that has waited since before `before` (`perf_counter`).

        Work that may be in the database stays until its outcome is known.
        """
        with self._change:
            late = [one for one in self._waiting if one.since < before and not one.broken]
            if late:
                self._waiting = deque(one for one in self._waiting if one not in late)
        return late
