"""What the panels show of an incident, on a real Prometheus with replayed history.

The histories end at `END`; the incidents of outage and token-spike begin three hours before, that
of silence 29 minutes before (`exporter_stub/scenarios.py`).
"""

import pytest

from config import IngestionFailures, TokenSpike
from dashboards.queries import FIRING, INACTIVE
from preview.resolve import View
from preview.results import run, run_target
from stack.replay import END, HISTORIES
from tests.conftest import Played
from tests.dashboards.example import CONFIG, DASHBOARD, HOUR, MINUTE, between, seen, titled

BEGIN = END - 3 * HOUR
"""When an outage or a spike begins."""
OUTAGE, SPIKE = 30 * MINUTE, 45 * MINUTE
BUSY = {"openai/gpt-4o-mini", "anthropic/claude-3-5-haiku"}
"""Models with flushes in every five minutes."""


@pytest.mark.parametrize(
    ("title", "good", "bad", "within", "over"),
    [("Coverage (15m)", 100, 0, 17, 18), ("Failure Rate (5m)", 0, 100, 7, 8)],
)
def test_an_outage_shows_in_its_whole_depth_and_nowhere_else(
    history: Played, title: str, good: float, bad: float, within: int, over: int
) -> None:
    for series in seen(history, "outage", title):
        assert set(between(series, BEGIN - HOUR, BEGIN)) == {good}
        assert set(between(series, BEGIN + OUTAGE + over * MINUTE, END)) == {good}
        if series.name.split()[1] in BUSY:
            assert set(between(series, BEGIN + within * MINUTE, BEGIN + OUTAGE)) == {bad}
            half = between(series, BEGIN + within // 2 * MINUTE, BEGIN + (within // 2 + 1) * MINUTE)
            assert 25 < sum(half) / len(half) < 75


def test_the_table_has_the_depth_in_numbers(history: Played) -> None:
    at = BEGIN + 20 * MINUTE
    view = View(at - HOUR, at, scrape=60)
    found = run(history("outage").api, titled("Worst coverage (15m)"), DASHBOARD, view)
    of = {
        letter: {tuple(each.labels.items()): each.last for each in found if each.query == letter}
        for letter in "ABC"
    }
    assert of["A"].keys() == of["B"].keys() == of["C"].keys()
    for label_set, coverage in of["A"].items():
        failures, flushes = of["B"][label_set], of["C"][label_set]
        assert failures == flushes > 0 or flushes == 0
        assert coverage == (0 if flushes else 100)


def test_the_outages_events_change_from_success_to_failure(history: Played) -> None:
    (failure,) = seen(history, "outage", "Events by outcome", "A")
    (success,) = seen(history, "outage", "Events by outcome", "B")
    middle = (BEGIN + 10 * MINUTE, BEGIN + OUTAGE)
    assert max(between(success, *middle)) == 0
    assert min(between(failure, *middle)) > 50
    assert max(between(failure, BEGIN - HOUR, BEGIN)) == 0
    assert max(between(failure, BEGIN + OUTAGE + 10 * MINUTE, END)) == 0


@pytest.mark.parametrize(
    ("scenario", "alert", "letter", "first", "last"),
    [
        # Within 4 minutes of a total outage, and until 17 after its end.
        ("outage", IngestionFailures.name, "A", 4, 47),
        # Within 25 minutes of a spike, and until 25 after its end.
        ("token-spike", TokenSpike.name, "B", 25, 70),
    ],
)
def test_the_alert_of_an_incident_fires_in_it_and_the_others_stay_inactive(
    history: Played, scenario: str, alert: str, letter: str, first: int, last: int
) -> None:
    for each in "ABC":
        (state,) = seen(history, scenario, "Alerts", each)
        firing = [second for second, value in state.values.items() if value == FIRING]
        if each == letter:
            assert state.name in alert
            assert BEGIN < min(firing) <= BEGIN + first * MINUTE
            assert max(firing) <= BEGIN + last * MINUTE
        else:
            assert not firing


@pytest.mark.parametrize(("minutes", "state"), [(20, FIRING), (70, INACTIVE)])
def test_recent_alerts_tell_where_and_since_when(history: Played, minutes: int, state: int) -> None:
    made = history("outage")
    at = BEGIN + minutes * MINUTE
    found = run(made.api, titled("Firing and recent alerts"), DASHBOARD, View(at - 2 * HOUR, at))
    states, starts = (
        {
            (each.labels["alertname"], each.labels["where"]): each.last
            for each in found
            if each.query == letter
        }
        for letter in "AB"
    )
    assert states.keys() == starts.keys()
    assert (IngestionFailures.name, "workflow openai gpt-4o-mini") in states
    assert {name for name, _ in states} == {IngestionFailures.name}
    assert set(states.values()) == {state}
    assert all(BEGIN < start / 1000 <= BEGIN + 10 * MINUTE for start in starts.values())


def test_graphs_are_marked_while_the_alert_fires(history: Played) -> None:
    made = history("outage")
    view = HISTORIES["outage"].view(made)
    (state,) = seen(history, "outage", "Alerts")
    firing = {second for second, value in state.values.items() if value == FIRING}
    for mark in DASHBOARD["annotations"]["list"][1:]:
        target = {**mark["target"], "legendFormat": mark["titleFormat"]}
        found = run_target(made.api, target, DASHBOARD, view)
        if "critical" in mark["name"]:
            assert {series.name for series in found} == {IngestionFailures.name}
            assert set().union(*(series.values for series in found)) == firing
        else:
            assert found == []


def test_a_spike_shows_its_factor_for_its_model_alone(history: Played) -> None:
    # The scenario multiplies by five; the baseline is the day's average, and the day is uneven.
    found = seen(history, "token-spike", "Tokens against the 24h average")
    window = (BEGIN + 20 * MINUTE, BEGIN + SPIKE)
    peaks = {series.name: max(between(series, *window)) for series in found}
    spiking = {name for name, peak in peaks.items() if peak > CONFIG.token_spike.factor}
    assert spiking
    assert {name.split()[1] for name in spiking} == {"anthropic/claude-3-5-haiku"}
    assert all(3.5 < peaks[name] < 7 for name in spiking)


def test_the_limit_is_three_times_the_average(history: Played) -> None:
    (average,) = seen(history, "token-spike", "Tokens (15m)", "C")
    (limit,) = seen(history, "token-spike", "Tokens (15m)", "D")
    assert limit.values == {at: pytest.approx(3 * value) for at, value in average.values.items()}


def test_a_silence_is_counted_in_minutes(history: Played) -> None:
    (since,) = seen(history, "silence", "Last workflow event")
    assert 27 <= since.last <= 29  # scrape and record are up to two minutes late
    middle = between(since, END - 15 * MINUTE, END - 14 * MINUTE)
    assert all(12 <= value <= 15 for value in middle)
    assert max(between(since, END - 5 * HOUR, END - 30 * MINUTE)) <= 3
