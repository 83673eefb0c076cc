"""Healthy traffic raises no alert; `make bench-exporter` counts over 150 seeds."""

import random
from statistics import mean

import numpy as np
import pytest

from exporter_stub.catalogue import load_catalogue
from tests.exporter_stub.bench import healthy


@pytest.mark.parametrize("seed", range(5))
def test_two_days_of_the_default_traffic_raise_no_token_spike(seed: int) -> None:
    assert healthy.alerts(seed) == 0


def test_the_evaluation_fires_on_a_spike_of_more_than_three_times_and_on_no_other() -> None:
    for factor, fires in ((2.5, False), (3.6, True)):
        volumes = np.ones(26 * 60)
        volumes[25 * 60 :] = factor
        fired = healthy._fires(volumes)  # noqa: SLF001  # the tool of the test above
        assert fired.any() == fires
        assert not fired[: 25 * 60].any()


@pytest.mark.parametrize("number", range(len(load_catalogue().models)))
def test_tokens_are_drawn_from_the_traffics_distribution(number: int) -> None:
    model = load_catalogue().models[number]
    rng = random.Random(1)  # noqa: S311  # traffic, no secrets
    one_by_one = mean(sum(model.tokens(rng)) for _ in range(20_000))
    drawn = healthy._tokens(np.random.default_rng(1), model, np.array([20_000]))  # noqa: SLF001
    assert drawn[0] / 20_000 == pytest.approx(one_by_one, rel=0.15)
