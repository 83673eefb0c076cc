"""Time, as real as it is or simulated, behind one interface."""

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and waits for it."""

    def now(self) -> float:
        """Seconds since 1970 (UTC)."""

    def wait_until(self, when: float) -> bool:
        """Return True at `when` (seconds since 1970), or False where that time will not come."""


class RealClock:
    """The machine's clock, until `stop` is set."""

    def __init__(self, stop: threading.Event) -> None:
        """Waits end when `stop` is set."""
        self._stop = stop
        # A step of the system's clock (NTP) must not stop the traffic, nor flood it.
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since 1970, by a clock that never steps back."""
        return time.monotonic() + self._offset

    def wait_until(self, when: float) -> bool:
        """Sleep until `when`; False where `stop` was set."""
        return not self._stop.wait(max(0.0, when - self.now()))


class SimulatedClock:
    """Time that passes only when somebody waits, from `begin` to `end`, both seconds since 1970.

    `tick` is called every `every` seconds of it, the first time at `begin`.
    """

    def __init__(
        self, begin: float, end: float, every: float, tick: Callable[[float], None]
    ) -> None:
        """Start at `begin`; nothing has ticked yet."""
        self._now = begin
        self._end = end
        self._due = begin
        self._every = every
        self._tick = tick

    def now(self) -> float:
        """Where the simulation is."""
        return self._now

    def wait_until(self, when: float) -> bool:
        """Let time pass to `when`, with its ticks; False, at `end`, where that comes first."""
        until = min(when, self._end)
        while self._due <= until:
            self._now = self._due
            self._tick(self._due)
            self._due += self._every
        self._now = until
        return when <= self._end
