"""The contract's minutes, under every scrape interval that it allows and at awkward phases."""

from collections.abc import Callable, Iterator

from contract.metrics import PROMPT_TOKENS, USAGE_EVENTS, USAGE_FAILURES
from contract.names import AlertName
from rules_tests.promtool_files import NamedTest
from rules_tests.scenario import HOUR, MINUTE, Scenario, Scrape, Series, Value

TARGET = {"job": "compozy", "instance": "a:5001"}
PAIR = {"component": "workflow", "provider": "openai", "model": "gpt-4o-mini"}
PREPARED = 40 * MINUTE + 7
"""When an incident begins: at no full minute, after a window of health."""

SCRAPES = (Scrape(15), Scrape(30), Scrape(60), Scrape(60, phase=15), Scrape(60, phase=45))


def contract_tests() -> Iterator[NamedTest]:
    """Each scenario under each scrape pattern."""
    for scrape in SCRAPES:
        for scenario in _scenarios(scrape):
            yield scenario.test(__file__)


def _scenarios(scrape: Scrape) -> Iterator[Scenario]:
    yield _total_outage(scrape)
    for ratio in (0.011, 0.02, 0.1):
        yield _ratio_above(scrape, ratio)
    yield _ratio_below(scrape)
    yield _silence(scrape)
    yield _sparse(scrape)
    for history in (1, 2, 6):
        yield _spike_above(scrape, history)
    yield _spike_below(scrape)


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


def _total_outage(scrape: Scrape) -> Scenario:
    end = PREPARED + 20 * MINUTE
    name = "a total outage fires within 4 minutes and clears within 17"
    scenario = Scenario(name, scrape, _flushes(10, 1.0, PREPARED, end))
    scenario.quiet(0, PREPARED)
    scenario.firing(PREPARED + 4 * MINUTE, AlertName.FAILURES, PAIR)
    scenario.firing(end, AlertName.FAILURES, PAIR)
    scenario.quiet(end + 17 * MINUTE, end + 60 * MINUTE)
    return scenario


def _ratio_above(scrape: Scrape, ratio: float) -> Scenario:
    name = f"{100 * ratio:g} % of flushes failing fire within 17 minutes"
    scenario = Scenario(name, scrape, _flushes(100, ratio, PREPARED, 3 * HOUR))
    scenario.quiet(0, PREPARED)
    for later in (17, 30, 60):
        scenario.firing(PREPARED + later * MINUTE, AlertName.FAILURES, PAIR)
    return scenario


def _ratio_below(scrape: Scrape) -> Scenario:
    name = "0.9 % of flushes failing never fire"
    scenario = Scenario(name, scrape, _flushes(100, 0.009, PREPARED, 3 * HOUR))
    scenario.quiet(0, 3 * HOUR)
    return scenario


def _silence(scrape: Scrape) -> Scenario:
    back = PREPARED + 50 * MINUTE

    def events(second: int) -> int:
        return 5 + min(second, PREPARED) // 20 + max(0, second - back + 20) // 20

    name = "a silence fires between 30 and 33 minutes and clears within 3"
    series = [_up(), _counted(USAGE_EVENTS.name, events, outcome="success")]
    scenario = Scenario(name, scrape, series)
    last = PREPARED // 20 * 20
    scenario.quiet(0, last + 30 * MINUTE)
    scenario.firing(last + 33 * MINUTE, AlertName.ZERO_TRAFFIC, {"component": "workflow"})
    scenario.firing(back - 1, AlertName.ZERO_TRAFFIC, {"component": "workflow"})
    scenario.quiet(back + 3 * MINUTE, back + 60 * MINUTE)
    return scenario


def _sparse(scrape: Scrape) -> Scenario:
    def events(second: int) -> int | None:
        return (second + 13 * MINUTE) // (20 * MINUTE) or None

    series = [_up(), _counted(USAGE_EVENTS.name, events, outcome="success")]
    scenario = Scenario("one event every 20 minutes is no silence", scrape, series)
    scenario.quiet(0, 4 * HOUR)
    return scenario


def _tokens(factor: float, begin: int, end: int) -> Callable[[int], float]:
    def value(second: int) -> float:
        return 100 * (second + 1 + (factor - 1) * max(0, min(second, end) - begin))

    return value


def _spike_above(scrape: Scrape, history: int) -> Scenario:
    begin = history * HOUR + 2 * MINUTE + 7
    end = begin + 30 * MINUTE
    name = f"3.6 times the average of {history} h fires within 25 minutes and clears within 25"
    spike = _counted(PROMPT_TOKENS.name, _tokens(3.6, begin, end))
    scenario = Scenario(name, scrape, [_up(), spike])
    scenario.quiet(0, begin + 10 * MINUTE)
    scenario.firing(begin + 25 * MINUTE, AlertName.TOKEN_SPIKE, PAIR)
    scenario.quiet(end + 25 * MINUTE, end + 2 * HOUR)
    return scenario


def _spike_below(scrape: Scrape) -> Scenario:
    tokens = _counted(PROMPT_TOKENS.name, _tokens(2.5, 2 * HOUR + 7, 6 * HOUR))
    scenario = Scenario("2.5 times the average never fires", scrape, [_up(), tokens])
    scenario.quiet(0, 6 * HOUR)
    return scenario
