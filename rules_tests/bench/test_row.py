"""The row reads at most a twentieth of the samples of the two queries that users know."""

from config import Config
from dashboards import compozy_monitoring
from rules_tests.bench.row import cost


def test_the_row_reads_at_most_a_twentieth_of_the_known_queries() -> None:
    # For both, two hours cost a part of a day; `make bench` counts the day.
    found = cost(hours=2, of=2)
    titles = [panel["title"] for panel in compozy_monitoring.dashboard(Config())["panels"][1:]]
    assert list(found.panels) == titles
    free = [title for title, samples in found.panels.items() if samples == 0]
    assert free == ["Firing and recent alerts"]  # there were no alerts
    assert found.ratio >= 20
