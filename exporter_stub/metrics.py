"""The five families, and how a flush is counted."""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import product

from prometheus_client import Metric

from contract.metrics import (
    BUCKET,
    COMPLETION_TOKENS,
    FAMILIES,
    LATENCY_BUCKETS,
    PROMPT_TOKENS,
    SCOPE_LABELS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LABELS,
    USAGE_LATENCY,
    Component,
    Family,
    Label,
    Outcome,
)
from exporter_stub.catalogue import Catalogue
from exporter_stub.traffic import LabelSet, Usage

_BOUNDS = (*map(str, LATENCY_BUCKETS), "+Inf")

Key = tuple[Family, LabelSet, Outcome | None]  # a counter, or a whole histogram
Counts = dict[Key, tuple[float, ...]]  # a counter's value, or a histogram's buckets, sum and count


class UsageMetrics:
    """Counts flushes as Compozy does: a series appears at its first increment.

    A custom collector for prometheus_client, so that each scrape is a consistent snapshot.
    """

    def __init__(self, zero: Catalogue | None = None) -> None:
        """With the catalogue `zero`, all its series are there from the beginning, at zero."""
        self._zero = zero
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, as a restart does."""
        with self._lock:
            self._counts: dict[Key, list[float]] = {}
            for component, model in product(Component, self._zero.models if self._zero else ()):
                label_set = Usage("", component, model.provider, model.model, 0, 0, "").label_set
                # A model without completion tokens gets no such series even here.
                completion = (COMPLETION_TOKENS,) if model.completion else ()
                for family in (PROMPT_TOKENS, *completion, USAGE_FAILURES):
                    self._values(family, label_set)
                for family, outcome in product((USAGE_EVENTS, USAGE_LATENCY), Outcome):
                    self._values(family, label_set, outcome)

    def record(self, usage: Usage, outcome: Outcome, seconds: float) -> None:
        """Count a flush that took `seconds`. A count of 0 tokens adds nothing."""
        tokens = {PROMPT_TOKENS: usage.prompt_tokens, COMPLETION_TOKENS: usage.completion_tokens}
        counted = tokens if outcome is Outcome.SUCCESS else {USAGE_FAILURES: 1}
        with self._lock:
            for family, number in counted.items():
                if number:
                    self._values(family, usage.label_set)[0] += number
            self._values(USAGE_EVENTS, usage.label_set, outcome)[0] += 1
            values = self._values(USAGE_LATENCY, usage.label_set, outcome)
            for index in range(bisect_left(LATENCY_BUCKETS, seconds), len(_BOUNDS)):
                values[index] += 1  # buckets are cumulative
            values[-2] += seconds
            values[-1] += 1

    def counts(self) -> Counts:
        """The current values, in the order in which the series appeared."""
        with self._lock:
            return {key: tuple(values) for key, values in self._counts.items()}

    def describe(self) -> Iterable[Metric]:
        """The families by name, so that a scrape may select some of them."""
        return map(_metric, FAMILIES)

    def collect(self) -> Iterable[Metric]:
        """All families that have series."""
        families = {family: _metric(family) for family in FAMILIES}
        for key, values in self.counts().items():
            for (name, labels), value in zip(series(key), values, strict=True):
                families[key[0]].add_sample(name, labels, value)
        return [metric for metric in families.values() if metric.samples]

    def _values(
        self, family: Family, label_set: LabelSet, outcome: Outcome | None = None
    ) -> list[float]:
        """A counter's value, or a histogram's buckets, sum and count; zeros at first."""
        zeros: list[float] = [0.0] * (len(_BOUNDS) + 2) if family is USAGE_LATENCY else [0]
        return self._counts.setdefault((family, label_set, outcome), zeros)


def series(key: Key) -> Iterator[tuple[str, dict[str, str]]]:
    """Name and labels of each series of `key`, in the order of its values."""
    family, label_set, outcome = key
    labels = dict(zip(USAGE_LABELS, label_set, strict=True)) | SCOPE_LABELS
    if outcome is not None:
        labels[Label.OUTCOME] = outcome
    if family.type == "counter":
        yield family.name, labels
    else:
        yield from ((f"{family.name}_bucket", {**labels, BUCKET: bound}) for bound in _BOUNDS)
        yield f"{family.name}_sum", labels
        yield f"{family.name}_count", labels


def _metric(family: Family) -> Metric:
    return Metric(family.name.removesuffix("_total"), family.help, family.type)
