"""Whether healthy traffic raises the token-spike alert: many days of it, all label sets at once.

The same processes as `exporter_stub.traffic`, drawn a day at a time with numpy.
"""

import numpy as np
from numpy.typing import NDArray

from config import Config
from exporter_stub.catalogue import Catalogue, Model, load_catalogue
from exporter_stub.traffic import BURST_SHAPE, DAY, MAX_AGENTS, MAX_TASKS, MINUTE, daily

Numbers = NDArray[np.float64]

HOUR = 60
"""Minutes; and below: of the alert's volume, and of what it is compared with."""

MINUTES_A_DAY = 24 * HOUR


def alerts(seed: int, days: int = 2, rate: float = 2.0) -> int:
    """Minutes in which the spike alert fires on any label set, in so many days from `seed`."""
    rng = np.random.default_rng(seed)
    catalogue = load_catalogue()
    return sum(int(_fires(volumes).sum()) for volumes in _minutes(rng, catalogue, days * DAY, rate))


def _minutes(
    rng: np.random.Generator, catalogue: Catalogue, span: int, rate: float
) -> list[Numbers]:
    """Tokens of each minute, of each component on each model."""
    begin = rng.integers(0, DAY // MINUTE) * MINUTE  # any time of the day
    times = begin + np.arange(0, span, MINUTE)
    expected = rate * MINUTE * np.array([daily(when) for when in times])
    runs = rng.poisson(expected * rng.gamma(BURST_SHAPE, 1 / BURST_SHAPE, len(times)))
    tasks = rng.multinomial(runs, [1 / MAX_TASKS] * MAX_TASKS) @ np.arange(1, MAX_TASKS + 1)
    agents = rng.multinomial(tasks, [1 / MAX_AGENTS] * MAX_AGENTS) @ np.arange(1, MAX_AGENTS + 1)
    shares = np.array([model.share for model in catalogue.models])
    return [
        _tokens(rng, model, events)
        for component in (runs, tasks, agents)
        for model, events in zip(
            catalogue.models, rng.multinomial(component, shares / shares.sum()).T, strict=True
        )
    ]


def _tokens(rng: np.random.Generator, model: Model, events: NDArray[np.int64]) -> Numbers:
    """Tokens of each minute, with so many executions in each: `Model.tokens` for many."""
    total, done = int(events.sum()), np.zeros(1)
    if model.completion is not None:
        limit = min(model.output, model.context)
        done = np.minimum(rng.lognormal(*model.completion, total).round(), limit)
    prompt = np.minimum(rng.lognormal(*model.prompt, total).round(), model.context - done)
    summed = np.concatenate([[0.0], np.cumsum(prompt + done)])
    ends = np.cumsum(events)
    return np.asarray(summed[ends] - summed[ends - events])


def _fires(volumes: Numbers) -> NDArray[np.bool_]:
    """Whether the alert fires at the end of each minute, by the contract's definition.

    The volume of a window is compared with the average of such volumes over a day, or over what
    there is of it and at least an hour, and has to stand above for as long as `for` says.
    """
    spike = Config().token_spike
    window, held = (int(span.total_seconds()) // MINUTE for span in (spike.window, spike.for_))
    recent = _mean(volumes, window) * window
    average = _mean(recent[window - 1 :], MINUTES_A_DAY)
    average = np.concatenate([np.full(window - 1, np.inf), average])
    average[:HOUR] = np.inf
    return _mean((recent > spike.factor * average).astype(float), held + 1) > 1 - 1e-9


def _mean(values: Numbers, window: int) -> Numbers:
    """The mean of up to `window` values until each."""
    summed = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    return np.asarray((summed[ends] - summed[starts]) / (ends - starts))
