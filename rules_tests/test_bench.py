"""The benchmark counts correctly."""

import io

import pytest

from rules_tests.bench.count import samples_read
from rules_tests.bench.history import HOURS, SCRAPE, write
from tools.http import PrometheusApi


class _Api(PrometheusApi):
    """Reports as many samples for an expression as it has letters `a`."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")

    def samples_read(self, expr: str, *_: int) -> int:
        return expr.count("a")


@pytest.mark.parametrize(
    ("expr", "samples"),
    [
        ("a + a", 2),
        ("last_over_time(b[1h])", 1),  # the a in last
        ("max_over_time(a[1h:5m])", 2 + 12),
        ("max_over_time((a + a)[1h:5m]) + a", 4 + 2 * 12),
        ("max_over_time(max_over_time(a[1h:30m])[1d:1h])", 3 + 24 * (2 + 2)),
        ("max_over_time(a[30m:])", 2 + 30),
    ],
)
def test_inner_reads_of_a_subquery_count_once_a_step(expr: str, samples: int) -> None:
    assert samples_read(_Api(), expr, at=0) == samples


def test_the_history_has_every_series_of_every_replica() -> None:
    text = io.StringIO()
    write(text, replicas=1, end=HOURS * 3600)
    lines = text.getvalue().splitlines()
    samples = HOURS * 3600 // SCRAPE + 1
    series = 3 * 6 * (1 + 1 + 2 + 1) + 1
    assert sum(not line.startswith("#") for line in lines) == series * samples
    assert lines[-1] == "# EOF"
