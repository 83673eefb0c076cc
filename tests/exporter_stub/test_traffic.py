from collections import Counter
from statistics import fmean, median, variance

import pytest

from contract.metrics import Component
from exporter_stub import traffic as tested
from exporter_stub.catalogue import load_catalogue
from exporter_stub.traffic import DAY, Traffic, Usage, daily

CATALOGUE = load_catalogue()
NOON = 12 * 3600.0


def _traffic(rate: float = 1, seed: int | None = 1) -> Traffic:
    return Traffic(CATALOGUE, rate, NOON, seed)


def _usages(runs: int, seed: int | None = 1) -> list[Usage]:
    traffic = _traffic(seed=seed)
    return [usage for _ in range(runs) for usage in traffic.next_run().usages]


def _what(usages: list[Usage]) -> list[tuple[object, ...]]:
    return [(*usage.label_set, usage.prompt_tokens, usage.completion_tokens) for usage in usages]


def _arrivals(traffic: Traffic, span: float) -> list[float]:
    arrivals = [traffic.next_arrival()]
    while arrivals[-1] < NOON + span:
        arrivals.append(traffic.next_arrival())
    return arrivals[:-1]


def test_a_seed_makes_the_same_traffic_again_with_ids_of_its_own() -> None:
    first, again = _usages(20), _usages(20)
    assert _what(first) == _what(again)
    assert _what(first) != _what(_usages(20, seed=2))
    assert not {usage.exec_id for usage in first} & {usage.exec_id for usage in again}
    assert _arrivals(_traffic(), 600) == _arrivals(_traffic(), 600)


def test_a_workflow_holds_tasks_that_hold_agents_each_with_an_id_of_its_own() -> None:
    traffic = _traffic()
    for run in (traffic.next_run() for _ in range(100)):
        count = Counter(usage.component for usage in run.usages)
        assert count[Component.WORKFLOW] == 1
        assert 1 <= count[Component.TASK] <= 3
        assert count[Component.TASK] <= count[Component.AGENT] <= 2 * count[Component.TASK]
        assert run.usages[-1].workflow_exec_id == run.workflow_exec_id
        assert len({usage.exec_id for usage in run.usages}) == len(run.usages)
        for usage in run.usages:
            assert (usage.workflow_exec_id is None) != (usage.task_exec_id is None)


def test_a_run_has_six_executions_on_average() -> None:
    assert len(_usages(4000)) / 4000 == pytest.approx(6, rel=0.02)


def test_models_come_in_their_shares() -> None:
    seen = Counter((usage.provider, usage.model) for usage in _usages(3000))
    for model in CATALOGUE.models:
        share = seen[model.provider, model.model] / seen.total()
        assert share == pytest.approx(model.share, abs=0.01)


def test_token_counts_have_the_traces_medians() -> None:
    """Of conversations: e^6.63 = 757 and e^5.02 = 151; of code: e^7 = 1097 and e^2.79 = 16."""
    usages = _usages(4000)
    medians = {
        "gpt-4o-mini": (757, 151),
        "gpt-4o": (1097, 16),
        "text-embedding-3-small": (757, 0),
    }
    for name, (prompt, completion) in medians.items():
        own = [usage for usage in usages if usage.model == name]
        assert median(usage.prompt_tokens for usage in own) == pytest.approx(prompt, rel=0.1)
        done = median(usage.completion_tokens for usage in own)
        assert done == pytest.approx(completion, rel=0.1)


def test_a_day_averages_to_the_rate_and_peaks_at_23_tenths_of_its_trough() -> None:
    hours = [daily(hour * 3600) for hour in range(24)]
    assert fmean(hours) == pytest.approx(1)
    assert max(hours) == hours[tested.PEAK_HOUR]
    assert max(hours) / min(hours) == pytest.approx(2.3)
    assert len(_arrivals(_traffic(rate=0.5), DAY)) == pytest.approx(0.5 * DAY, rel=0.03)


def test_minutes_are_as_uneven_as_the_trace() -> None:
    """At the source's rate a minute's counts have 16 times the variance of independent arrivals."""
    rate = 19_366 / 3600
    span = 6 * 3600
    minutes = Counter(int(when // 60) for when in _arrivals(_traffic(rate), span))
    smooth = [count / daily(minute * 60) for minute, count in minutes.items()]
    assert variance(smooth) / fmean(smooth) == pytest.approx(16, rel=0.25)
    assert pytest.approx(21.5, abs=0.1) == tested.BURST_SHAPE


def test_what_would_have_come_is_left_out() -> None:
    traffic = _traffic()
    traffic.skip_to(NOON + 3600)
    assert NOON + 3600 < traffic.next_arrival() < NOON + 3660
