"""What the panels show of an incident, on a real Prometheus with replayed history."""

from dataclasses import replace

import pytest

from config import IngestionFailures, TokenSpike
from dashboards.alert_panels import FIRING, INACTIVE, PENDING
from preview.queries import View, run, run_target
from stack.history import END
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
    ("alert", "letter", "begin", "first", "last", "color"),
    [
        # Until 17 and 25 minutes after the incident's end.
        (IngestionFailures.name, "A", OUTAGE, 4, 47, "red"),
        (TokenSpike.name, "B", SPIKE, 25, 70, "orange"),
    ],
)
def test_an_alert_fires_in_its_own_incident_alone_and_graphs_are_marked_once_meanwhile(
    history: PrometheusApi,
    alert: str,
    letter: str,
    begin: int,
    first: int,
    last: int,
    color: str,
) -> None:
    (state,) = seen(history, "Alerts", letter)
    assert state.name in alert
    firing = {second for second, value in state.values.items() if value == FIRING}
    assert begin < min(firing) <= begin + first * MINUTE
    assert max(firing) <= begin + last * MINUTE
    # Grafana fills each mark over the series: 18 of them hide the graphs just in the incident.
    annotations = DASHBOARD["annotations"]["list"][1:]
    (mark,) = (each for each in annotations if each["iconColor"] == color)
    target = {**mark["target"], "legendFormat": mark["titleFormat"]}
    (found,) = run_target(history, target, DASHBOARD, WHOLE)
    assert found.name == alert
    assert found.values.keys() == firing
    assert 'cluster=~"$cluster"' in target["expr"]


@pytest.mark.parametrize(("minutes", "state"), [(3, PENDING), (20, FIRING), (70, INACTIVE)])
def test_recent_alerts_tell_where_and_since_when(
    history: PrometheusApi, minutes: int, state: int
) -> None:
    view = View(OUTAGE + minutes * MINUTE - HOUR, OUTAGE + minutes * MINUTE)
    found = run(history, titled("Firing and recent alerts"), DASHBOARD, view)
    states, starts = (
        {
            (of.labels["alertname"], of.labels["where"]): of.last
            for of in found
            if of.query == letter
        }
        for letter in "AB"
    )
    assert states.keys() == starts.keys()
    assert (IngestionFailures.name, "workflow openai gpt-4o-mini") in states
    assert {name for name, _ in states} == {IngestionFailures.name}
    assert set(states.values()) == {state}
    assert all(OUTAGE < start / 1000 <= OUTAGE + 10 * MINUTE for start in starts.values())


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
