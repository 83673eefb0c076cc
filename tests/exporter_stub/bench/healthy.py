"""Whether healthy traffic raises the token-spike alert: many days of it, all label sets at once.

The same processes as `exporter_stub.traffic`, drawn a day at a time with numpy.
"""

import random
from functools import cache

import numpy as np
from numpy.typing import NDArray

from config import Config
from contract.durations import seconds
from exporter_stub.catalogue import load_catalogue
from exporter_stub.traffic import BURST_SHAPE, DAY, MAX_AGENTS, MAX_TASKS, MINUTE, daily

Numbers = NDArray[np.float64]

MODELS = load_catalogue().models
DAYS, RATE = 2, 2.0  # and workflow runs a second


def alerts(seed: int) -> int:
    """Minutes in which the spike alert fires on any label set, in DAYS of traffic from `seed`."""
    rng = np.random.default_rng(seed)
    begin = rng.integers(0, DAY // MINUTE) * MINUTE  # any time of the day
    expected = [RATE * MINUTE * daily(when) for when in range(begin, begin + DAYS * DAY, MINUTE)]
    runs = rng.poisson(expected * rng.gamma(BURST_SHAPE, 1 / BURST_SHAPE, len(expected)))
    tasks = _of_each(rng, runs, MAX_TASKS)
    agents = _of_each(rng, tasks, MAX_AGENTS)
    shares = np.array([model.share for model in MODELS])
    fired = 0
    for executions in (runs, tasks, agents):
        by_model = rng.multinomial(executions, shares / shares.sum()).T
        for number, events in enumerate(by_model):
            each = np.repeat(np.arange(len(events)), events)  # its minute
            volumes = np.bincount(each, rng.choice(_tokens(number), len(each))).astype(float)
            fired += fires(volumes).sum()
    return fired


def fires(volumes: Numbers) -> NDArray[np.bool_]:
    """Whether the alert fires at the end of each minute, by the contract's definition.

    The volume of a window is compared with the average of such volumes over a day, or over what
    there is of it and at least an hour, and has to stand above for as long as `for` says.
    """
    spike = Config().token_spike
    window, held = seconds(spike.window) // MINUTE, seconds(spike.for_) // MINUTE
    recent = _mean(volumes, window) * window
    average = _mean(recent[window - 1 :], DAY // MINUTE)
    average = np.concatenate([np.full(window - 1, np.inf), average])
    average[:60] = np.inf
    return _mean((recent > spike.factor * average).astype(float), held + 1) > 1 - 1e-9


@cache
def _tokens(number: int) -> Numbers:
    """The tokens of many executions on the model of this number."""
    rng = random.Random(number)  # noqa: S311  # traffic, no secrets
    return np.array([sum(MODELS[number].tokens(rng)) for _ in range(30_000)], float)


def _of_each(rng: np.random.Generator, events: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The number of what each of `events` has 1 to `most` of, in each minute."""
    return np.asarray(rng.multinomial(events, [1 / most] * most) @ np.arange(1, most + 1))


def _mean(values: Numbers, window: int) -> Numbers:
    """The mean of up to `window` values until each."""
    there = np.minimum(np.arange(1, len(values) + 1), window)
    return np.asarray(np.convolve(values, np.ones(window))[: len(values)] / there)
