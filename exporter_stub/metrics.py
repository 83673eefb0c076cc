"""The five families, how one flush is counted, and what else stands on `/metrics`."""

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import product

from contract.metrics import (
    COMPLETION_TOKENS,
    FAMILIES,
    LATENCY_BUCKETS,
    PAIR_LABELS,
    PROMPT_TOKENS,
    SCOPE_LABELS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LATENCY,
    Component,
    Family,
    Label,
    Outcome,
)
from exporter_stub.catalogue import Catalogue
from exporter_stub.clock import Clock
from exporter_stub.executions import Pair, Usage
from exporter_stub.exposition import Number, Table, exposition

_BOUNDS = (*map(str, LATENCY_BUCKETS), "+Inf")

# Compozy's endpoint has these two as well; there is no build of Compozy behind ours.
_BUILD_LABELS = {"version": "reference-exporter", "commit_hash": "unknown", "go_version": "none"}


class UsageMetrics:
    """Counts flushes as Compozy does. A series is born at its first increment."""

    def __init__(self, clock: Clock) -> None:
        """Count from zero, with an uptime by `clock`."""
        self._clock = clock
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, as a restart does."""
        with self._lock:
            self._started = self._clock.now()
            self._tables = {one.name: Table(one.name, one.type, one.help) for one in FAMILIES}
            self._uptime = Table("compozy_uptime_seconds", "gauge", "Service uptime in seconds")
            self._build = Table("compozy_build_info", "gauge", "Build of the service")
            self._uptime.add({})
            self._build.add(_BUILD_LABELS, 1)
            self._first: dict[tuple[str, Pair, Outcome | None], int] = {}

    def initialise(self, catalogue: Catalogue) -> None:
        """Bring all series of a catalogue to life at zero, which Compozy does not do.

        Of a model that answers without tokens there is no completion series, even so.
        """
        with self._lock:
            for component, model in product(Component, catalogue.models):
                pair = Usage(component, model.provider, model.model, 0, 0).pair
                self._add(PROMPT_TOKENS, pair, 0)
                if model.completion is not None:
                    self._add(COMPLETION_TOKENS, pair, 0)
                self._add(USAGE_FAILURES, pair, 0)
                for outcome in Outcome:
                    self._add(USAGE_EVENTS, pair, 0, outcome)
                    self._histogram(pair, outcome)

    def record_success(self, usage: Usage, seconds: float) -> None:
        """Count a persisted flush that took `seconds`. A count of 0 tokens adds nothing."""
        pair = usage.pair
        with self._lock:
            if usage.prompt_tokens:
                self._add(PROMPT_TOKENS, pair, usage.prompt_tokens)
            if usage.completion_tokens:
                self._add(COMPLETION_TOKENS, pair, usage.completion_tokens)
            self._flushed(pair, Outcome.SUCCESS, seconds)

    def record_failure(self, usage: Usage, seconds: float) -> None:
        """Count a flush that failed to persist, after `seconds`."""
        with self._lock:
            self._add(USAGE_FAILURES, usage.pair, 1)
            self._flushed(usage.pair, Outcome.FAILURE, seconds)

    def tables(self) -> Sequence[Table]:
        """The families, each with its series and their values."""
        return list(self._tables.values())

    def exposition(self, *, openmetrics: bool) -> Iterator[str]:
        """What `/metrics` says now, in pieces."""
        with self._lock:
            self._uptime.values[0] = round(self._clock.now() - self._started, 3)
            tables = [*self._tables.values(), self._uptime, self._build]
        return exposition(tables, self._lock, openmetrics=openmetrics)

    def _flushed(self, pair: Pair, outcome: Outcome, seconds: float) -> None:
        self._add(USAGE_EVENTS, pair, 1, outcome)
        first = self._histogram(pair, outcome)
        values = self._tables[USAGE_LATENCY.name].values
        end = first + len(_BOUNDS)
        for index in range(first + bisect_left(LATENCY_BUCKETS, seconds), end):
            values[index] += 1  # buckets are cumulative
        values[end] += seconds
        values[end + 1] += 1

    def _add(
        self, family: Family, pair: Pair, amount: Number, outcome: Outcome | None = None
    ) -> None:
        table = self._tables[family.name]
        index = self._first.get((family.name, pair, outcome))
        if index is None:
            index = self._first[family.name, pair, outcome] = table.add(_labels(pair, outcome))
        table.values[index] += amount

    def _histogram(self, pair: Pair, outcome: Outcome) -> int:
        """Index of the first of a histogram's series: its buckets, then sum and count."""
        first = self._first.get((USAGE_LATENCY.name, pair, outcome))
        if first is None:
            table = self._tables[USAGE_LATENCY.name]
            labels = _labels(pair, outcome)
            first = self._first[USAGE_LATENCY.name, pair, outcome] = len(table.values)
            for bound in _BOUNDS:
                table.add({**labels, "le": bound}, suffix="_bucket")
            table.add(labels, suffix="_sum")
            table.add(labels, suffix="_count")
        return first


def _labels(pair: Pair, outcome: Outcome | None) -> dict[str, str]:
    labels = dict(zip(PAIR_LABELS, pair, strict=True)) | SCOPE_LABELS
    return labels if outcome is None else labels | {Label.OUTCOME: outcome}
