"""How a process ends: by a signal, at once or after draining, or because a thread has crashed."""

import logging
import signal
import sys
import threading

LOG = logging.getLogger(__name__)
_ENDING = (signal.SIGTERM, signal.SIGINT)


def end_at_once() -> None:
    """Let a signal end the process with exit code 0, leaving `with` blocks on the way."""
    for number in _ENDING:
        signal.signal(number, lambda *_: sys.exit(0))


def stop_on_signals(stop: threading.Event) -> None:
    """Let a signal set `stop`."""
    for number in _ENDING:
        signal.signal(number, lambda *_: stop.set())


def stop_after_a_crash(stop: threading.Event) -> threading.Event:
    """Set `stop`, and the event that is returned, when a thread ends by an error."""
    crashed = threading.Event()

    def crash(arguments: threading.ExceptHookArgs) -> None:
        name = arguments.thread.name if arguments.thread else "a thread"
        LOG.critical("%s ended by an error", name, exc_info=arguments.exc_value)
        crashed.set()
        stop.set()

    threading.excepthook = crash
    return crashed
