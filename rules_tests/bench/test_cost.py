"""Samples are counted correctly, and the row reads few of them."""

from unittest.mock import Mock

import pytest

from config import Config
from dashboards import compozy_monitoring
from rules_tests.bench.cost import ratio, samples_read, steady, view
from rules_tests.bench.history import lines


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
    api = Mock(samples_read=lambda asked, *_: asked.count("a"))
    assert samples_read(api, expr, at=0) == samples


def test_the_row_reads_at_most_a_twentieth_of_the_known_queries() -> None:
    # For both, two hours cost a part of a day; `make bench` counts the day.
    with steady(hours=2) as api:
        found = view(api, hours=2)
    titles = [panel["title"] for panel in compozy_monitoring.dashboard(Config())["panels"][1:]]
    row, *_ = found.values()
    assert list(row) == titles
    free = [title for title, samples in row.items() if samples == 0]
    assert free == ["Firing and recent alerts"]  # there were no alerts
    assert ratio(found) >= 20


def test_the_history_has_every_series_of_every_replica() -> None:
    found = list(lines(1, range(100)))
    series = 3 * 6 * (1 + 1 + 2 + 1) + 1
    assert sum(not line.startswith("#") for line in found) == series * 100
    assert found[-1] == "# EOF\n"
