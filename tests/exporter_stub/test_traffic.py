import math
import random
from collections import Counter
from statistics import fmean, median, variance

import numpy as np
import pytest

from contract.metrics import Component
from exporter_stub.catalogue import Model, load_catalogue
from exporter_stub.traffic import DAY, Traffic, daily
from tests.exporter_stub.bench import healthy

CATALOGUE = load_catalogue()
NOON = 12 * 3600.0


def _traffic(rate: float = 1) -> Traffic:
    return Traffic(CATALOGUE, rate, NOON, seed=1)


def _arrivals(traffic: Traffic, span: float) -> list[float]:
    arrivals = [traffic.next_arrival()]
    while arrivals[-1] < NOON + span:
        arrivals.append(traffic.next_arrival())
    return arrivals[:-1]


def test_a_workflow_holds_tasks_that_hold_agents_each_with_an_id_of_its_own() -> None:
    first, second = _traffic(), _traffic()
    runs = [traffic.next_run() for traffic in (first, second) for _ in range(100)]
    ids = {usage.exec_id for run in runs for usage in run}
    assert len(ids) == sum(len(run) for run in runs)
    for run in runs:
        count = Counter(usage.component for usage in run)
        assert count[Component.WORKFLOW] == 1
        assert 1 <= count[Component.TASK] <= 3
        assert count[Component.TASK] <= count[Component.AGENT] <= 2 * count[Component.TASK]
        assert {usage.workflow_exec_id for usage in run} == {run[-1].exec_id}


def test_models_come_in_their_shares_and_with_their_tokens() -> None:
    traffic = _traffic()
    usages = [usage for _ in range(4000) for usage in traffic.next_run()]
    assert len(usages) / 4000 == pytest.approx(6, rel=0.02)
    for model in CATALOGUE.models:
        own = [usage for usage in usages if usage.model == model.model]
        assert {usage.provider for usage in own} == {model.provider}
        assert len(own) / len(usages) == pytest.approx(model.share, abs=0.01)
        prompt = median(usage.prompt_tokens for usage in own)
        assert prompt == pytest.approx(math.exp(model.prompt[0]), rel=0.1)
        done = median(usage.completion_tokens for usage in own)
        expected = math.exp(model.completion[0]) if model.completion else 0
        assert done == pytest.approx(expected, rel=0.1)


def test_tokens_are_cut_at_the_models_context_and_output() -> None:
    rng = random.Random(1)  # noqa: S311  # traffic, no secrets
    wide = {"provider": "p", "model": "m", "share": 1, "prompt": (7, 5), "completion": (7, 5)}
    model = Model.model_validate({**wide, "context": 1000, "output": 100})
    drawn = [model.tokens(rng) for _ in range(1000)]
    assert max(done for _, done in drawn) == 100
    assert max(prompt for prompt, _ in drawn) > 900
    assert max(prompt + done for prompt, done in drawn) == 1000


def test_a_day_averages_to_the_rate_and_peaks_at_23_tenths_of_its_trough() -> None:
    hours = [daily(hour * 3600) for hour in range(24)]
    assert fmean(hours) == pytest.approx(1)
    assert max(hours) == hours[14]
    assert max(hours) / min(hours) == pytest.approx(2.3)
    assert len(_arrivals(_traffic(rate=0.5), DAY)) == pytest.approx(0.5 * DAY, rel=0.03)


def test_minutes_are_as_uneven_as_the_trace() -> None:
    """At the source's rate a minute's counts have 16 times the variance of independent arrivals."""
    rate = 19_366 / 3600
    span = 6 * 3600
    minutes = Counter(int(when // 60) for when in _arrivals(_traffic(rate), span))
    smooth = [count / daily(minute * 60) for minute, count in minutes.items()]
    assert variance(smooth) / fmean(smooth) == pytest.approx(16, rel=0.25)


def test_what_would_have_come_is_left_out() -> None:
    assert NOON + 3600 < _traffic().next_arrival(NOON + 3600) < NOON + 3660


def test_two_days_of_the_default_traffic_raise_no_token_spike() -> None:
    assert [healthy.alerts(seed) for seed in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(("factor", "fires"), [(2.5, False), (3.6, True)])
def test_only_a_spike_of_more_than_three_times_fires(factor: float, *, fires: bool) -> None:
    volumes = np.ones(26 * 60)
    volumes[25 * 60 :] = factor
    fired = healthy.fires(volumes)
    assert fired.any() == fires
    assert not fired[: 25 * 60].any()
