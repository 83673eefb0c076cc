"""What the panels show of an incident, on a real Prometheus with replayed history."""

from dataclasses import replace

import pytest

from config import IngestionFailures, TokenSpike
from dashboards.alert_panels import FIRING, INACTIVE, PENDING
from preview.resolve import View
from preview.results import run, run_target
from stack.replay import END
from tests.dashboards.example import (
    BEGIN,
    CONFIG,
    DASHBOARD,
    HOUR,
    MINUTE,
    OUTAGE,
    OUTAGE_END,
    SPIKE,
    SPIKE_END,
    WHOLE,
    between,
    seen,
    titled,
)
from tools.http import PrometheusApi

BUSY = {"openai/gpt-4o-mini", "anthropic/claude-3-5-haiku"}
"""Models with flushes in every five minutes."""


@pytest.mark.parametrize(
    ("title", "good", "bad", "within", "over"),
    [("Coverage (15m)", 100, 0, 17, 18), ("Failure Rate (5m)", 0, 100, 7, 8)],
)
def test_an_outage_shows_in_its_whole_depth_and_nowhere_else(
    history: PrometheusApi, title: str, good: float, bad: float, within: int, over: int
) -> None:
    for series in seen(history, title):
        assert set(between(series, BEGIN, OUTAGE)) == {good}
        assert set(between(series, OUTAGE_END + over * MINUTE, END)) == {good}
        if series.name.split()[1] in BUSY:
            assert set(between(series, OUTAGE + within * MINUTE, OUTAGE_END)) == {bad}
            middle = OUTAGE + (within + 1) // 2 * MINUTE
            half = between(series, middle, middle + MINUTE)
            assert 25 < sum(half) / len(half) < 75


@pytest.mark.parametrize(
    ("alert", "letter", "begin", "first", "last"),
    [
        (IngestionFailures.name, "A", OUTAGE, 4, 47),  # until 17 minutes after its end
        (TokenSpike.name, "B", SPIKE, 25, 70),  # until 25 minutes after its end
    ],
)
def test_an_alert_fires_in_its_own_incident_alone(
    history: PrometheusApi, alert: str, letter: str, begin: int, first: int, last: int
) -> None:
    (state,) = seen(history, "Alerts", letter)
    assert state.name in alert
    firing = [second for second, value in state.values.items() if value == FIRING]
    assert begin < min(firing) <= begin + first * MINUTE
    assert max(firing) <= begin + last * MINUTE


def _recent(history: PrometheusApi, at: int, seconds: int) -> list[dict[tuple[str, str], float]]:
    """State and start of each recent alert, by name and place, in a view that ends `at`."""
    view = View(at - seconds, at)
    found = run(history, titled("Firing and recent alerts"), DASHBOARD, view)
    named = [(each, (each.labels["alertname"], each.labels["where"])) for each in found]
    return [{name: one.last for one, name in named if one.query == letter} for letter in "AB"]


@pytest.mark.parametrize(("minutes", "state"), [(3, PENDING), (20, FIRING), (70, INACTIVE)])
def test_recent_alerts_tell_where_and_since_when(
    history: PrometheusApi, minutes: int, state: int
) -> None:
    states, starts = _recent(history, OUTAGE + minutes * MINUTE, HOUR)
    assert states.keys() == starts.keys()
    assert (IngestionFailures.name, "workflow openai gpt-4o-mini") in states
    assert {name for name, _ in states} == {IngestionFailures.name}
    assert set(states.values()) == {state}
    assert all(OUTAGE < start / 1000 <= OUTAGE + 10 * MINUTE for start in starts.values())


@pytest.mark.parametrize(
    ("severity", "color", "alert", "letter"),
    [("critical", "red", IngestionFailures.name, "A"), ("warning", "orange", TokenSpike.name, "B")],
)
def test_graphs_are_marked_once_while_an_alert_fires_however_many_label_sets_fire(
    history: PrometheusApi, severity: str, color: str, alert: str, letter: str
) -> None:
    # Grafana fills each mark over the series: 18 of them hide the graphs just in the incident.
    (state,) = seen(history, "Alerts", letter)
    firing = {second for second, value in state.values.items() if value == FIRING}
    marks = DASHBOARD["annotations"]["list"][1:]
    (mark,) = (each for each in marks if f"({severity})" in each["name"])
    target = {**mark["target"], "legendFormat": mark["titleFormat"]}
    (found,) = run_target(history, target, DASHBOARD, WHOLE)
    assert found.values.keys() == firing
    assert (found.name, mark["iconColor"]) == (alert, color)
    assert 'cluster=~"$cluster"' in target["expr"]


def test_a_spike_shows_its_factor_for_its_model_alone(history: PrometheusApi) -> None:
    # The scenario multiplies by five; the baseline is the average, and traffic is uneven.
    found = seen(history, "Tokens against the 24h average")
    window = (SPIKE + 20 * MINUTE, SPIKE_END)
    peaks = {series.name: max(between(series, *window)) for series in found}
    spiking = {name for name, peak in peaks.items() if peak > CONFIG.token_spike.factor}
    assert spiking
    assert {name.split()[1] for name in spiking} == {"anthropic/claude-3-5-haiku"}
    assert all(3.5 < peaks[name] < 7 for name in spiking)


def test_a_silence_is_counted_in_minutes(history: PrometheusApi) -> None:
    (since,) = seen(history, "Last workflow event")
    assert 27 <= since.last <= 29  # scrape and record are up to two minutes late
    middle = between(since, END - 15 * MINUTE, END - 14 * MINUTE)
    assert all(12 <= value <= 15 for value in middle)
    for second in (0, 50):  # at the second one the first records are not in a full minute yet
        (since,) = seen(history, "Last workflow event", view=replace(WHOLE, begin=BEGIN + second))
        assert max(between(since, BEGIN, END - 30 * MINUTE)) <= 3
