"""The runs that wait for a worker."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from exporter_stub.database import CLIENT_TIMEOUT
from exporter_stub.traffic import Usage, WorkflowRun

CAPACITY = 1000  # runs that may wait. What comes beyond fails at once
TRIES = 4  # connections that may break under one write until it counts as the cause
RETRY = 0.25  # seconds until a write is tried for the third time, and for the fourth


@dataclass(eq=False)
class Work:
    """A run as far as it is not persisted.

    `since` is when its next write could have begun: when it came, or when the one before had ended
    (`perf_counter`). It is `begun` once the states that its usage refers to are in the database.
    `broken` connections broke under its next write, which may be in the database or not; it may be
    taken `after` a time.
    """

    run: WorkflowRun
    left: list[Usage]
    since: float = field(default_factory=time.perf_counter)
    begun: bool = False
    broken: int = 0
    after: float = 0.0

    def break_off(self) -> None:
        """Take note that a connection broke under the next write.

        The second time it rests, so that one moment in which all connections break is one for it;
        from TRIES on as long as the server may still be writing what it was sent.
        """
        self.broken += 1
        if self.broken > 1:
            rest = RETRY if self.broken < TRIES else CLIENT_TIMEOUT
            self.after = time.perf_counter() + rest


class Backlog:
    """A queue that several threads put to and take from; `closed` once nothing comes any more."""

    def __init__(self) -> None:
        """It is empty."""
        self._waiting: deque[Work] = deque()
        self._change = threading.Condition()
        self.closed = False

    @property
    def waiting(self) -> list[Work]:
        """What waits now."""
        return [*self._waiting]

    @property
    def over(self) -> bool:
        """Whether nothing waits and nothing comes."""
        return self.closed and not self._waiting

    def put(self, work: Work) -> bool:
        """Let `work` wait; False where there is no room."""
        with self._change:
            if fits := len(self._waiting) < CAPACITY:
                self._waiting.append(work)
                self._change.notify()
            return fits

    def put_back(self, work: Work) -> None:
        """Let `work`, which was taken, be the next; a write in doubt holds up no other."""
        with self._change:
            if work.broken and len(work.left) > 1:
                self._waiting.appendleft(Work(work.run, work.left[1:], begun=work.begun))
                del work.left[1:]
            self._waiting.appendleft(work)
            self._change.notify_all()

    def close(self) -> None:
        """Nothing comes any more."""
        with self._change:
            self.closed = True
            self._change.notify_all()

    def take(self, seconds: float) -> Work | None:
        """The next; none after `seconds`, or when nothing waits and nothing comes."""
        with self._change:
            patience = RETRY if self._waiting else seconds  # what rests gives no notice
            self._change.wait_for(lambda: self.over or any(self._due()), patience)
            if found := next(self._due(), None):
                self._waiting.remove(found)
            return found

    def _due(self) -> Iterator[Work]:
        now = time.perf_counter()
        return (work for work in self._waiting if work.after <= now)

    def drop(self, before: float) -> list[Work]:
        """Those that wait since a time before `before` (`perf_counter`): it is too late for them.

        What may be in the database stays until that is known.
        """
        with self._change:
            late = [one for one in self._waiting if one.since < before and not one.broken]
            if late:
                self._waiting = deque(one for one in self._waiting if one not in late)
        return late
