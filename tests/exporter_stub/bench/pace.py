"""Something that is done again and again meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def every(seconds: float, do: Callable[[], None]) -> Iterator[list[float]]:
    """Call `do` at that pace in a thread; gives the ms from when each was due to its end.

    What falls behind by more than one turn is left out.
    """
    stop = threading.Event()
    took: list[float] = []

    def repeat() -> None:
        due = time.perf_counter()
        while not stop.is_set():
            due = max(due + seconds, time.perf_counter() - seconds)
            time.sleep(max(0.0, due - time.perf_counter()))
            do()
            took.append(1000 * (time.perf_counter() - due))

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield took
    finally:
        stop.set()
        thread.join()
