"""The log of failed writes: a few one by one, further ones as a number."""

import logging
import time

import psycopg

from exporter_stub.database import one_line
from exporter_stub.traffic import LabelSet, Usage

LOG = logging.getLogger(__name__)

EACH = 5  # failures of one kind (label set and cause) that are logged one by one in a span
SPAN = 10.0  # seconds
Kind = tuple[LabelSet, str]


class FailureLog:
    """Accounts for every failure: those not logged one by one are counted when the span ends.

    It is called by one thread at a time.
    """

    def __init__(self) -> None:
        """Begin without failures."""
        self._began = time.monotonic()
        self._last: dict[Kind, tuple[int, Usage, Exception]] = {}  # with their number

    def add(self, usage: Usage, error: Exception) -> None:
        """Log, now or at the end of the span, that `usage` was not persisted."""
        # Texts of the same cause may differ in the keys that they name.
        state = error.sqlstate if isinstance(error, psycopg.Error) else None
        kind = usage.label_set, state or str(error)
        number = self._last[kind][0] + 1 if kind in self._last else 1
        self._last[kind] = number, usage, error
        if number <= EACH:
            _tell("Failed to persist usage", usage, error)

    def end_span(self, at_least: float = 0.0) -> None:
        """Log the numbers of failures that were not logged one by one.

        A span that has lasted less than `at_least` seconds goes on.
        """
        if time.monotonic() < self._began + at_least:
            return
        last, self._last, self._began = self._last, {}, time.monotonic()
        for number, usage, error in last.values():
            if number > EACH:
                _tell(f"Failed to persist usage {number - EACH} times more, last", usage, error)


def _tell(what: str, usage: Usage, error: Exception) -> None:
    labels = "component={} provider={} model={}".format(*usage.label_set)
    LOG.error("%s: exec_id=%s %s error=%s", what, usage.exec_id, labels, one_line(error))
