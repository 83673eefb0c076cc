"""Healthy traffic raises no alert; `make bench-exporter` counts over 150 seeds."""

import numpy as np
import pytest

from tests.exporter_stub.bench import healthy


def test_two_days_of_the_default_traffic_raise_no_token_spike() -> None:
    assert [healthy.alerts(seed) for seed in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(("factor", "fires"), [(2.5, False), (3.6, True)])
def test_only_a_spike_of_more_than_three_times_fires(factor: float, *, fires: bool) -> None:
    volumes = np.ones(26 * 60)
    volumes[25 * 60 :] = factor
    fired = healthy.fires(volumes)
    assert fired.any() == fires
    assert not fired[: 25 * 60].any()
