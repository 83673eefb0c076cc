"""What `/metrics` says, read by prometheus_client's own parsers."""

from collections import defaultdict
from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from exporter_stub.metrics import UsageMetrics

Samples = dict[str, list[tuple[dict[str, str], float]]]
"""Of each series' name, the labels and values."""


def now(metrics: UsageMetrics) -> Samples:
    """What `metrics` says, while it may change."""
    return from_text("".join(metrics.exposition(openmetrics=False)))


def samples(metrics: UsageMetrics) -> Samples:
    """What `metrics` says at rest, in both formats, which must agree."""
    found = now(metrics)
    assert from_openmetrics("".join(metrics.exposition(openmetrics=True))) == found
    return found


def from_text(text: str) -> Samples:
    """The samples of Prometheus' text format."""
    return _samples(text_string_to_metric_families(text))


def from_openmetrics(text: str) -> Samples:
    """The samples of OpenMetrics text."""
    families = openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return _samples(families)


def _samples(families: Iterable[Metric]) -> Samples:
    found: Samples = defaultdict(list)
    for family in families:
        for sample in family.samples:
            found[sample.name].append((sample.labels, sample.value))
    return found
