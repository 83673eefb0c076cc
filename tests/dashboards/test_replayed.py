"""Every query of every panel, on a real Prometheus with replayed history.

The histories end at `END`; the incidents of outage and token-spike begin three hours before, that
of silence 29 minutes before (`exporter_stub/scenarios.py`).
"""

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from contract.metrics import USAGE_LABELS, Component
from contract.names import AlertName
from dashboards.queries import FIRING, INACTIVE, PENDING
from preview.resolve import View, resolve
from preview.results import Series, run, run_target
from stack.history import History
from stack.replay import END, HISTORIES
from tests.conftest import Played
from tests.dashboards.example import CONFIG, DASHBOARD, VARIABLES, by_target, titled

HOUR, MINUTE = 3600, 60
BEGIN = END - 3 * HOUR
"""When an outage or a spike begins."""
OUTAGE, SPIKE = 30 * MINUTE, 45 * MINUTE
SETTLED = 10 * MINUTE
"""After this long all records and windows of a new history are there, but for the baseline."""
BASELINE = HOUR + 30 * MINUTE
"""After this long the baseline is there as well: an hour of history, and what it waits for."""
LAST_HOUR = View(END - HOUR, END, scrape=60)
BUSY = {"openai/gpt-4o-mini", "anthropic/claude-3-5-haiku"}
"""Models with flushes in every five minutes."""


def _seen(history: Played, scenario: str, title: str, letter: str = "A") -> list[Series]:
    """A query's series over the whole history."""
    made = history(scenario)
    (target,) = (each for each in titled(title)["targets"] if each["refId"] == letter)
    view = HISTORIES[scenario].view(made)
    return run_target(made.api, target, DASHBOARD, view, over_time=True)


def _asked(made: History, expr: str, view: View) -> list[Series]:
    """The series of a query that no panel has."""
    target = {"expr": expr, "legendFormat": "", "refId": "A"}
    return run_target(made.api, target, DASHBOARD, view, over_time=True)


def _between(series: Series, begin: int, end: int) -> list[float]:
    return [value for second, value in series.values.items() if begin <= second <= end]


@by_target
def test_a_query_has_series_without_holes_on_a_healthy_day(
    history: Played, panel: dict[str, Any], target: dict[str, Any]
) -> None:
    made = history("healthy")
    wait = BASELINE if "avg24h" in target["expr"] else SETTLED
    view = View(made.begin + wait, END, step=60, scrape=60)
    found = run_target(made.api, target, DASHBOARD, view, over_time=True)
    if panel["title"] == "Firing and recent alerts":
        states = (set(series.values.values()) for series in found if target["refId"] == "A")
        assert all(values == {PENDING} for values in states)  # none ever fired
        return
    assert found
    steps = set(range(view.begin, END + 1, view.step))
    whole = [series for series in found if series.values.keys() == steps]
    # A series that the day brings, such as a model's first use, begins later.
    assert len(whole) > len(found) / 2
    assert not any(math.isnan(value) for series in found for value in series.values.values())
    wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    assert all(wanted <= series.labels.keys() for series in found)
    assert len({series.name for series in found}) == len(found) or panel["type"] == "table"


@by_target
@pytest.mark.parametrize("scenario", [name for name in HISTORIES if name != "healthy"])
def test_a_query_has_series_in_an_incident_as_well(
    history: Played, panel: dict[str, Any], target: dict[str, Any], scenario: str
) -> None:
    made = history(scenario)
    view = HISTORIES[scenario].view(made)
    found = run_target(made.api, target, DASHBOARD, view, over_time=True)
    # The silence is as long as it can be without its alert.
    without = scenario == "silence" and panel["title"] == "Firing and recent alerts"
    assert bool(found) is not without


@pytest.mark.parametrize(
    ("title", "letter", "low", "high"),
    [
        ("Coverage (15m)", "A", 100, 100),
        ("Failure Rate (5m)", "A", 0, 0),
        ("Worst coverage (15m)", "A", 100, 100),
        ("Worst coverage (15m)", "B", 0, 0),
        ("Events by outcome", "A", 0, 0),
        ("Alerts", "A", INACTIVE, INACTIVE),
        ("Alerts", "B", INACTIVE, FIRING - 1),
        ("Alerts", "C", INACTIVE, INACTIVE),
        ("Last workflow event", "A", 0, 3),
        ("Latency (p95/p99)", "A", 1, 50),
        ("Latency (p95/p99)", "B", 1, 50),
    ],
)
def test_a_healthy_day_shows_nothing_but_good_values(
    history: Played, title: str, letter: str, low: float, high: float
) -> None:
    begin = history("healthy").begin + SETTLED
    for series in _seen(history, "healthy", title, letter):
        values = _between(series, begin, END)
        assert low <= min(values)
        assert max(values) <= high


def test_every_label_set_of_the_healthy_day_has_its_line_and_its_row(history: Played) -> None:
    expr = f"count by ({', '.join(USAGE_LABELS)}) (compozy_llm_usage_events_total)"
    label_sets = _label_sets(_asked(history("healthy"), expr, View(END, END)))
    assert {component for component, _, _ in label_sets} == set(Component)
    for title in ("Coverage (15m)", "Failure Rate (5m)", "Worst coverage (15m)"):
        assert _label_sets(_seen(history, "healthy", title)) == label_sets


def _label_sets(found: list[Series]) -> set[tuple[str, ...]]:
    return {tuple(each.labels[label] for label in USAGE_LABELS) for each in found}


@pytest.mark.parametrize(("letter", "kind"), [("A", "prompt"), ("B", "completion")])
def test_the_tokens_are_those_of_the_scraped_counters(
    history: Played, letter: str, kind: str
) -> None:
    made = history("healthy")
    view = View(END - 20 * HOUR, END, step=HOUR)
    (target,) = (each for each in titled("Tokens (15m)")["targets"] if each["refId"] == letter)
    (shown,) = run_target(made.api, target, DASHBOARD, view, over_time=True)
    (raw,) = _asked(made, f"sum(increase(compozy_llm_{kind}_tokens_total[15m]))", view)
    # Ours are what was counted, whole and ten seconds late; increase() extrapolates.
    assert sum(shown.values.values()) == pytest.approx(sum(raw.values.values()), rel=0.03)


@pytest.mark.parametrize(
    ("title", "good", "bad", "within", "over"),
    [("Coverage (15m)", 100, 0, 17, 18), ("Failure Rate (5m)", 0, 100, 7, 8)],
)
def test_an_outage_shows_in_its_whole_depth_and_nowhere_else(
    history: Played, title: str, good: float, bad: float, within: int, over: int
) -> None:
    for series in _seen(history, "outage", title):
        assert set(_between(series, BEGIN - HOUR, BEGIN)) == {good}
        assert set(_between(series, BEGIN + OUTAGE + over * MINUTE, END)) == {good}
        if series.name.split()[1] in BUSY:
            assert set(_between(series, BEGIN + within * MINUTE, BEGIN + OUTAGE)) == {bad}
            half = _between(
                series, BEGIN + within // 2 * MINUTE, BEGIN + (within // 2 + 1) * MINUTE
            )
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
    (failure,) = _seen(history, "outage", "Events by outcome", "A")
    (success,) = _seen(history, "outage", "Events by outcome", "B")
    middle = (BEGIN + 10 * MINUTE, BEGIN + OUTAGE)
    assert max(_between(success, *middle)) == 0
    assert min(_between(failure, *middle)) > 50
    assert max(_between(failure, BEGIN - HOUR, BEGIN)) == 0
    assert max(_between(failure, BEGIN + OUTAGE + 10 * MINUTE, END)) == 0


@pytest.mark.parametrize(
    ("scenario", "alert", "letter", "first", "last"),
    [
        # Within 4 minutes of a total outage, and until 17 after its end.
        ("outage", AlertName.FAILURES, "A", 4, 47),
        # Within 25 minutes of a spike, and until 25 after its end.
        ("token-spike", AlertName.TOKEN_SPIKE, "B", 25, 70),
    ],
)
def test_the_alert_of_an_incident_fires_in_it_and_the_others_stay_inactive(
    history: Played, scenario: str, alert: str, letter: str, first: int, last: int
) -> None:
    for each in "ABC":
        (state,) = _seen(history, scenario, "Alerts", each)
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
    assert (AlertName.FAILURES, "workflow openai gpt-4o-mini") in states
    assert {name for name, _ in states} == {AlertName.FAILURES}
    assert set(states.values()) == {state}
    assert all(BEGIN < start / 1000 <= BEGIN + 10 * MINUTE for start in starts.values())


def test_graphs_are_marked_while_the_alert_fires(history: Played) -> None:
    made = history("outage")
    view = HISTORIES["outage"].view(made)
    (state,) = _seen(history, "outage", "Alerts")
    firing = {second for second, value in state.values.items() if value == FIRING}
    for mark in DASHBOARD["annotations"]["list"][1:]:
        target = {**mark["target"], "legendFormat": mark["titleFormat"]}
        found = run_target(made.api, target, DASHBOARD, view, over_time=True)
        if "critical" in mark["name"]:
            assert {series.name for series in found} == {AlertName.FAILURES}
            assert set().union(*(series.values for series in found)) == firing
        else:
            assert found == []


def test_a_spike_shows_its_factor_for_its_model_alone(history: Played) -> None:
    # The scenario multiplies by five; the baseline is the day's average, and the day is uneven.
    found = _seen(history, "token-spike", "Tokens against the 24h average")
    window = (BEGIN + 20 * MINUTE, BEGIN + SPIKE)
    peaks = {series.name: max(_between(series, *window)) for series in found}
    spiking = {name for name, peak in peaks.items() if peak > CONFIG.token_spike.factor}
    assert spiking
    assert {name.split()[1] for name in spiking} == {"anthropic/claude-3-5-haiku"}
    assert all(3.5 < peaks[name] < 7 for name in spiking)


def test_the_limit_is_three_times_the_average(history: Played) -> None:
    (average,) = _seen(history, "token-spike", "Tokens (15m)", "C")
    (limit,) = _seen(history, "token-spike", "Tokens (15m)", "D")
    assert limit.values == {at: pytest.approx(3 * value) for at, value in average.values.items()}


def test_a_silence_is_counted_in_minutes(history: Played) -> None:
    (since,) = _seen(history, "silence", "Last workflow event")
    assert 27 <= since.last <= 29  # scrape and record are up to two minutes late
    middle = _between(since, END - 15 * MINUTE, END - 14 * MINUTE)
    assert all(12 <= value <= 15 for value in middle)
    assert max(_between(since, END - 5 * HOUR, END - 30 * MINUTE)) <= 3


def test_choosing_narrows_every_panel_that_can_be_narrowed(history: Played) -> None:
    made = history("healthy")
    chosen = {"provider": ["anthropic"], "component": ["agent", "task"]}
    view = replace(LAST_HOUR, chosen=chosen)
    for title in ("Coverage (15m)", "Failure Rate (5m)", "Tokens against the 24h average"):
        found = run(made.api, titled(title), DASHBOARD, view)
        assert {series.labels["provider"] for series in found} == {"anthropic"}
        assert {series.labels["component"] for series in found} == {"agent", "task"}
    for title in ("Events by outcome", "Tokens (15m)", "Latency spread"):
        (*_, some), (*_, more) = (
            run(made.api, titled(title), DASHBOARD, each) for each in (view, LAST_HOUR)
        )
        assert 0 < sum(some.values.values()) < sum(more.values.values())


def test_an_instance_narrows_the_events(history: Played) -> None:
    def shown(**chosen: list[str]) -> float:
        view = replace(LAST_HOUR, chosen=chosen)
        _, success = run(history("healthy").api, titled("Events by outcome"), DASHBOARD, view)
        return sum(success.values.values())

    one, two, none = (shown(instance=[f"replica-{number}:5001"]) for number in (1, 2, 9))
    assert min(one, two) > 0 == none
    assert one + two == pytest.approx(shown())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cluster", {None}),  # the history has no such label
        ("job", {"compozy"}),
        ("instance", {"replica-1:5001", "replica-2:5001"}),
        ("component", set(Component)),
        ("provider", {"anthropic", "google", "openai", "unknown"}),
    ],
)
def test_a_variable_offers_the_labels_values(
    history: Played, name: str, expected: set[str | None]
) -> None:
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", VARIABLES[name]["definition"])
    assert found is not None
    expr = f"count by ({found[2]}) ({resolve(found[1], DASHBOARD, LAST_HOUR)})"
    values = {each["metric"].get(name) for each in history("healthy").api.query(expr, END)}
    assert values == expected
