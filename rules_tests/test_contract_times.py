"""The contract's minutes, under every scrape interval that it allows and at awkward phases."""

from collections.abc import Callable

import pytest

from contract.metrics import PROMPT_TOKENS, USAGE_EVENTS, USAGE_FAILURES
from contract.names import AlertName
from rules_tests.scenario import HOUR, MINUTE, Scenario, Scrape, Series, Value

TARGET = {"job": "compozy", "instance": "a:5001"}
PAIR = {"component": "workflow", "provider": "openai", "model": "gpt-4o-mini"}
PREPARED = 40 * MINUTE + 7
"""When an incident begins: at no full minute, after a window of health."""

every_scrape = pytest.mark.parametrize(
    "scrape",
    [Scrape(15), Scrape(30), Scrape(60), Scrape(60, phase=15), Scrape(60, phase=45)],
    ids=lambda scrape: f"every {scrape.interval} s, phase {scrape.phase} s",
)


def _up() -> Series:
    return Series("up", TARGET, lambda _: 1)


def _counted(name: str, value: Value, **labels: str) -> Series:
    return Series(name, {**TARGET, **PAIR, **labels}, value)


def _flushes(per_second: float, ratio: float, begin: int, end: int) -> list[Series]:
    """Flushes of which `ratio` fail from `begin` to `end`; the failure series are born late."""

    def failed(second: int) -> float | None:
        count = int(per_second * ratio * max(0, min(second, end) - begin))
        return count or None

    def succeeded(second: int) -> float:
        return int(per_second * (1000 + second)) - (failed(second) or 0)

    return [
        _up(),
        _counted(USAGE_EVENTS.name, succeeded, outcome="success"),
        _counted(USAGE_EVENTS.name, failed, outcome="failure"),
        _counted(USAGE_FAILURES.name, failed),
    ]


@every_scrape
def test_a_total_outage_fires_within_4_minutes_and_clears_within_17(scrape: Scrape) -> None:
    end = PREPARED + 20 * MINUTE
    scenario = Scenario(scrape, _flushes(10, 1.0, PREPARED, end))
    scenario.quiet(0, PREPARED)
    scenario.firing(PREPARED + 4 * MINUTE, AlertName.FAILURES, PAIR)
    scenario.firing(end, AlertName.FAILURES, PAIR)
    scenario.quiet(end + 17 * MINUTE, end + 60 * MINUTE)
    scenario.run()


@every_scrape
@pytest.mark.parametrize("ratio", [0.011, 0.02, 0.1])
def test_a_ratio_held_above_1_percent_fires_within_17_minutes(scrape: Scrape, ratio: float) -> None:
    scenario = Scenario(scrape, _flushes(100, ratio, PREPARED, 3 * HOUR))
    scenario.quiet(0, PREPARED)
    for later in (17, 30, 60):
        scenario.firing(PREPARED + later * MINUTE, AlertName.FAILURES, PAIR)
    scenario.run()


@every_scrape
def test_a_ratio_held_below_1_percent_never_fires(scrape: Scrape) -> None:
    scenario = Scenario(scrape, _flushes(100, 0.009, PREPARED, 3 * HOUR))
    scenario.quiet(0, 3 * HOUR)
    scenario.run()


@every_scrape
def test_silence_fires_between_30_and_33_minutes_and_clears_within_3(scrape: Scrape) -> None:
    back = PREPARED + 50 * MINUTE

    def events(second: int) -> int:
        return 5 + min(second, PREPARED) // 20 + max(0, second - back + 20) // 20

    series = [_up(), _counted(USAGE_EVENTS.name, events, outcome="success")]
    scenario = Scenario(scrape, series)
    last = PREPARED // 20 * 20
    scenario.quiet(0, last + 30 * MINUTE)
    scenario.firing(last + 33 * MINUTE, AlertName.ZERO_TRAFFIC, {"component": "workflow"})
    scenario.firing(back - 1, AlertName.ZERO_TRAFFIC, {"component": "workflow"})
    scenario.quiet(back + 3 * MINUTE, back + 60 * MINUTE)
    scenario.run()


@every_scrape
def test_one_event_every_20_minutes_is_no_silence(scrape: Scrape) -> None:
    def events(second: int) -> int | None:
        return (second + 13 * MINUTE) // (20 * MINUTE) or None

    scenario = Scenario(scrape, [_up(), _counted(USAGE_EVENTS.name, events, outcome="success")])
    scenario.quiet(0, 4 * HOUR)
    scenario.run()


def _tokens(factor: float, begin: int, end: int) -> Callable[[int], float]:
    def value(second: int) -> float:
        return 100 * (second + 1 + (factor - 1) * max(0, min(second, end) - begin))

    return value


@every_scrape
@pytest.mark.parametrize("history", [1, 2, 6])
def test_36_tenths_of_the_average_fire_within_25_minutes_and_clear_within_25(
    scrape: Scrape, history: int
) -> None:
    begin = history * HOUR + 2 * MINUTE + 7
    end = begin + 30 * MINUTE
    spike = _counted(PROMPT_TOKENS.name, _tokens(3.6, begin, end))
    scenario = Scenario(scrape, [_up(), spike])
    scenario.quiet(0, begin + 10 * MINUTE)
    scenario.firing(begin + 25 * MINUTE, AlertName.TOKEN_SPIKE, PAIR)
    scenario.quiet(end + 25 * MINUTE, end + 2 * HOUR)
    scenario.run()


@every_scrape
def test_25_tenths_of_the_average_never_fire(scrape: Scrape) -> None:
    begin = 2 * HOUR + 7
    series = [_up(), _counted(PROMPT_TOKENS.name, _tokens(2.5, begin, 6 * HOUR))]
    scenario = Scenario(scrape, series)
    scenario.quiet(0, 6 * HOUR)
    scenario.run()
