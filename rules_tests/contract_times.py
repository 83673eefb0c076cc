"""The contract's minutes, under every scrape interval that it allows and at awkward phases.

They are derived from a configuration: the contract's own values give the contract's minutes.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from config import Config
from contract.durations import seconds
from contract.metrics import PROMPT_TOKENS, USAGE_EVENTS, USAGE_FAILURES
from contract.names import AlertName
from rules_tests.case import Case
from rules_tests.promtool_files import NamedTest
from rules_tests.scenario import GONE, HOUR, MINUTE, Scenario, Scrape, Series, Value

SCRAPES = (Scrape(15), Scrape(30), Scrape(60), Scrape(60, phase=15), Scrape(60, phase=45))
EXTREMES = (SCRAPES[0], SCRAPES[-1])
"""The most samples, and the fewest at the most awkward moment."""
BESIDE = 0.02
"""How far beside a limit both of its sides are tried: 5 % at 4.9 and at 5.1."""


def contract_tests(config: Config, scrapes: Sequence[Scrape] = SCRAPES) -> Iterator[NamedTest]:
    """Each scenario of `config` under each scrape pattern."""
    for scrape in scrapes:
        for scenario in _scenarios(Case(config, scrape)):
            yield scenario.test(__file__)
    once = Case(config, Scrape(60))
    for scenario in _long_scenarios(once):
        yield scenario.test(__file__)
    if config.labels:
        yield _systems_apart(once).test(__file__)
    if config.jobs:
        yield _other_job(once).test(__file__)


def _scenarios(case: Case) -> Iterator[Scenario]:
    threshold = case.config.failures.threshold
    yield _total_outage(case)
    for times in (1 + BESIDE, 2, 10):
        if times * threshold < 1:
            yield _ratio_above(case, times * threshold)
    yield _ratio_below(case, (1 - BESIDE) * threshold)
    yield _silence(case)
    yield _sparse(case)
    for times in (1, 2, 6):
        yield _spike_above(case, times * seconds(case.config.token_spike.min_history))
    yield _spike_below(case)


def _long_scenarios(case: Case) -> Iterator[Scenario]:
    yield _spike_beside(case)
    yield _forgotten(case)


def _flushes(case: Case, ratio: float, end: int) -> list[Series]:
    """Flushes of which `ratio` fail until `end`; the failure series are born late."""
    # As many as make the ratio's difference from the limit one of many failures.
    per_second = max(100, math.ceil(1 / case.config.failures.threshold))

    def failed(second: int) -> float | None:
        count = int(per_second * ratio * max(0, min(second, end) - case.prepared))
        return count or None

    def succeeded(second: int) -> float:
        return int(per_second * (1000 + second)) - (failed(second) or 0)

    return [
        case.counted(USAGE_EVENTS.name, succeeded, outcome="success"),
        case.counted(USAGE_EVENTS.name, failed, outcome="failure"),
        case.counted(USAGE_FAILURES.name, failed),
    ]


def _total_outage(case: Case) -> Scenario:
    alert = case.config.failures
    window, for_ = seconds(alert.window), seconds(alert.for_)
    end = case.prepared + window + for_ + 4 * MINUTE
    first = math.ceil(alert.threshold * window / MINUTE) * MINUTE + for_ + 2 * MINUTE
    clear = window + 2 * MINUTE
    name = f"a total outage fires within {_minutes(first)} and clears within {_number(clear)}"
    scenario = case.scenario(name, _flushes(case, 1.0, end))
    scenario.quiet(0, case.prepared + for_)
    case.fires(scenario, case.prepared + first, AlertName.FAILURES)
    case.fires(scenario, end, AlertName.FAILURES)
    # So long the outage is a larger share of the window than the threshold.
    last = end + int((1 - alert.threshold) * window) - 2 * MINUTE
    case.fires(scenario, max(end, last), AlertName.FAILURES)
    scenario.quiet(end + clear, end + clear + 43 * MINUTE)
    return scenario


def _ratio_above(case: Case, ratio: float) -> Scenario:
    alert = case.config.failures
    window, for_ = seconds(alert.window), seconds(alert.for_)
    # The scrape's and the evaluation's minutes are a larger part of a shorter window.
    within = window + for_ + (MINUTE if window >= 15 * MINUTE else 3 * MINUTE)
    name = f"{100 * ratio:g} % of flushes failing fire within {_minutes(within)}"
    end = case.prepared + within + HOUR
    scenario = case.scenario(name, _flushes(case, ratio, end))
    share = alert.threshold / ratio  # of the window, which failures must have filled by then
    scenario.quiet(0, case.prepared + int(0.9 * share * window) + for_)
    for later in (0, 13 * MINUTE, 43 * MINUTE):
        case.fires(scenario, case.prepared + within + later, AlertName.FAILURES)
    return scenario


def _ratio_below(case: Case, ratio: float) -> Scenario:
    name = f"{100 * ratio:g} % of flushes failing never fire"
    scenario = case.scenario(name, _flushes(case, ratio, 3 * HOUR))
    scenario.quiet(0, 3 * HOUR)
    return scenario


def _silence(case: Case) -> Scenario:
    alert = case.config.zero_traffic
    first = seconds(alert.window) + seconds(alert.for_)
    back = case.prepared + first + 20 * MINUTE

    def events(second: int) -> int:
        return 5 + min(second, case.prepared) // 20 + max(0, second - back + 20) // 20

    between = f"{_number(first)} and {_minutes(first + 3 * MINUTE)}"
    name = f"a silence fires between {between} and clears within 3"
    series = [case.counted(USAGE_EVENTS.name, events, outcome="success")]
    scenario = case.scenario(name, series)
    last = case.prepared // 20 * 20
    scenario.quiet(0, last + first)
    case.fires(scenario, last + first + 3 * MINUTE, AlertName.ZERO_TRAFFIC)
    case.fires(scenario, back - 1, AlertName.ZERO_TRAFFIC)
    scenario.quiet(back + 3 * MINUTE, back + seconds(alert.window))
    return scenario


def _sparse(case: Case) -> Scenario:
    every = seconds(case.config.zero_traffic.window) * 2 // 3

    def events(second: int) -> int | None:
        return (second + 13 * MINUTE) // every or None

    series = [case.counted(USAGE_EVENTS.name, events, outcome="success")]
    scenario = case.scenario(f"one event every {_minutes(every)} is no silence", series)
    scenario.quiet(0, 12 * every)
    return scenario


def _forgotten(case: Case) -> Scenario:
    """A target that goes away is not idle for ever."""
    alert = case.config.zero_traffic
    lookback = seconds(alert.lookback)

    def events(second: int) -> float:
        return 5 + second // 20 if second < case.prepared else GONE

    name = f"a silence without a target is told until {_minutes(lookback)} after the last event"
    gone = [
        Series("up", case.target, lambda second: 1 if second < case.prepared else GONE),
        case.counted(USAGE_EVENTS.name, events, outcome="success"),
    ]
    scenario = Scenario(name, case.scrape, gone)
    case.fires(scenario, case.prepared + lookback - 2 * MINUTE, AlertName.ZERO_TRAFFIC)
    scenario.quiet(case.prepared + lookback + 2 * MINUTE, case.prepared + lookback + HOUR)
    return scenario


def _systems_apart(case: Case) -> Scenario:
    """Two systems with equal targets and label sets: what fails in one is its share there.

    In the other nothing fails, at so much traffic that the share of both together is no alert.
    """
    label = case.config.labels[-1]
    alert = case.config.failures
    end = case.prepared + seconds(alert.window) + seconds(alert.for_) + 4 * MINUTE
    large = 1_000_000

    def other(series: Series, value: Value) -> Series:
        return replace(series, labels={**series.labels, label: "other"}, value=value)

    failing = _flushes(case, 1.0, end)
    healthy = [
        other(case.up(), lambda _: 1),
        other(failing[0], lambda second: large * (1000 + second)),
    ]
    scenario = case.scenario("systems are told apart by their labels", [*failing, *healthy])
    scenario.quiet(0, case.prepared)
    case.fires(scenario, end, AlertName.FAILURES)
    return scenario


def _other_job(case: Case) -> Scenario:
    """What another job emits under the same names is not Compozy's."""
    failing = _flushes(case, 1.0, 3 * HOUR)
    foreign = [
        replace(series, labels={**series.labels, "job": "another"})
        for series in (case.up(), *failing)
    ]
    scenario = Scenario("another job's failures are no alert", case.scrape, foreign)
    scenario.quiet(0, 3 * HOUR)
    return scenario


def _tokens(factor: float, begin: int, end: int) -> Callable[[int], float]:
    def value(second: int) -> float:
        return 100 * (second + 1 + (factor - 1) * max(0, min(second, end) - begin))

    return value


def _spike_above(case: Case, history: int) -> Scenario:
    alert = case.config.token_spike
    within = seconds(alert.window) + seconds(alert.for_) + 5 * MINUTE
    factor = 1.2 * alert.factor
    begin = history + 2 * MINUTE + 7
    end = begin + within + 5 * MINUTE
    name = (
        f"{factor:g} times the average of {history / HOUR:g} h fires within "
        f"{_minutes(within)} and clears within {_number(within)}"
    )
    spike = case.counted(PROMPT_TOKENS.name, _tokens(factor, begin, end))
    scenario = case.scenario(name, [spike])
    scenario.quiet(0, begin + seconds(alert.for_))
    case.fired(scenario, begin, begin + within, AlertName.TOKEN_SPIKE)
    scenario.quiet(end + within, end + within + HOUR)
    return scenario


def _spike_below(case: Case) -> Scenario:
    alert = case.config.token_spike
    factor, history = alert.factor * 5 / 6, seconds(alert.min_history)
    tokens = case.counted(PROMPT_TOKENS.name, _tokens(factor, 2 * history + 7, 6 * history))
    scenario = case.scenario(f"{factor:g} times the average never fires", [tokens])
    scenario.quiet(0, 6 * history)
    return scenario


def _spike_beside(case: Case) -> Scenario:
    """Spikes that are the limit's size, but for a little more or less, after a whole baseline."""
    alert = case.config.token_spike
    within = seconds(alert.window) + seconds(alert.for_) + 5 * MINUTE
    recent = 2 * seconds(alert.window) + seconds(alert.for_)
    begin = seconds(alert.baseline) + recent + 2 * MINUTE + 7
    above, below = (alert.factor * times for times in (1 + BESIDE, 1 - BESIDE))
    tokens = [
        case.counted(PROMPT_TOKENS.name, _tokens(factor, begin, begin + within), **labels)
        for factor, labels in ((above, {}), (below, {"model": "below"}))
    ]
    name = f"{above:g} times the average of a whole baseline fires, and {below:g} times does not"
    scenario = case.scenario(name, tokens)
    # So much of the window must the spike have filled by then.
    share = (alert.factor - 1) / (above - 1)
    scenario.quiet(0, begin + int(0.95 * share * seconds(alert.window)) + seconds(alert.for_))
    case.fired(scenario, begin, begin + within + HOUR, AlertName.TOKEN_SPIKE)
    return scenario


def _number(span: int) -> str:
    return f"{span / MINUTE:g}"


def _minutes(span: int) -> str:
    return f"{_number(span)} minutes"
