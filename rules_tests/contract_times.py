"""Tests of the contract's times, under every scrape interval that it allows and awkward phases.

They are derived from a configuration; the default values give the times in the contract.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from config import Config, IngestionFailures, TokenSpike, ZeroTraffic
from contract.durations import seconds
from contract.metrics import USAGE_EVENTS
from delivery.targets import rule_file
from rules_tests.case import GONE, HOUR, MINUTE, Case, Scrape, Series, Setting, up
from rules_tests.promtool_files import NamedTest

SCRAPES = (Scrape(15), Scrape(30), Scrape(60), Scrape(60, phase=15), Scrape(60, phase=45))
EXTREMES = (SCRAPES[0], SCRAPES[-1])
"""The pattern with the most samples, and one with the fewest, at the most awkward phase."""
BESIDE = 0.02
"""How far from a limit both of its sides are tested: 5 % at 4.9 and at 5.1."""


def contract_tests(config: Config, scrapes: Sequence[Scrape] = SCRAPES) -> Iterator[NamedTest]:
    """Each case of `config` under each scrape pattern."""
    rules = rule_file(config)
    for scrape in scrapes:
        for case in _cases(Setting(config, scrape)):
            yield case.test(__file__, rules)
    once = Setting(config, Scrape(60))
    if config.labels:
        yield _systems_apart(once).test(__file__, rules)
    if config.jobs:
        yield _other_job(once).test(__file__, rules)


def whole_baseline_tests(config: Config) -> Iterator[NamedTest]:
    """The cases that last for a whole baseline or look-back, which for the default is a day.

    The files written by hand have their like for the default values.
    """
    once = Setting(config, Scrape(60))
    for case in (_spike_beside(once), _forgotten(once)):
        yield case.test(__file__, rule_file(config))


def _cases(setting: Setting) -> Iterator[Case]:
    threshold = setting.config.failures.threshold
    yield _total_outage(setting)
    for times in (1 + BESIDE, 10):
        if times * threshold < 1:
            yield _ratio_above(setting, times * threshold)
    yield _silence(setting)
    yield _sparse(setting)
    for times in (1, 2):
        yield _spike_above(setting, times * seconds(setting.config.token_spike.min_history))


def _total_outage(setting: Setting) -> Case:
    """Beside a label set of which not so many flushes fail."""
    alert = setting.config.failures
    window, for_ = seconds(alert.window), seconds(alert.for_)
    end = setting.prepared + window + for_ + 4 * MINUTE
    first = math.ceil(alert.threshold * window / MINUTE) * MINUTE + for_ + 2 * MINUTE
    clear = window + 2 * MINUTE
    below = (1 - BESIDE) * alert.threshold
    name = (
        f"a total outage fires within {_minutes(first)} and clears within {_number(clear)}, and "
        f"{100 * below:g} % of flushes failing do not"
    )
    series = setting.flushes(1.0, setting.prepared, end)
    series += setting.flushes(below, setting.prepared, end, model="below")
    case = setting.case(name, series)
    case.quiet(0, setting.prepared + for_)
    setting.fires(case, setting.prepared + first, IngestionFailures.name)
    setting.fires(case, end, IngestionFailures.name)
    # Until then the share of the outage in the window is above the threshold.
    last = end + int((1 - alert.threshold) * window) - 2 * MINUTE
    setting.fires(case, max(end, last), IngestionFailures.name)
    setting.fires(case, end + clear, IngestionFailures.name, since=0)
    case.quiet(end + clear, end + clear + 20 * MINUTE)
    return case


def _ratio_above(setting: Setting, ratio: float) -> Case:
    alert = setting.config.failures
    window, for_ = seconds(alert.window), seconds(alert.for_)
    # Scrape and evaluation intervals are a larger part of a shorter window.
    within = window + for_ + (MINUTE if window >= 15 * MINUTE else 3 * MINUTE)
    name = f"{100 * ratio:g} % of flushes failing fire within {_minutes(within)}"
    later = within + 15 * MINUTE
    end = setting.prepared + later
    case = setting.case(name, setting.flushes(ratio, setting.prepared, end))
    share = alert.threshold / ratio  # part of the window that failures must fill by then
    case.quiet(0, setting.prepared + int(0.9 * share * window) + for_)
    for after in (within, later):
        setting.fires(case, setting.prepared + after, IngestionFailures.name)
    return case


def _silence(setting: Setting) -> Case:
    alert = setting.config.zero_traffic
    first = seconds(alert.window) + seconds(alert.for_)
    back = setting.prepared + first + 20 * MINUTE

    def events(second: int) -> int:
        return 5 + min(second, setting.prepared) // 20 + max(0, second - back + 20) // 20

    between = f"{_number(first)} and {_minutes(first + 3 * MINUTE)}"
    name = f"a silence fires between {between} and clears within 3"
    series = [setting.counted(USAGE_EVENTS.name, events, outcome="success")]
    case = setting.case(name, series)
    last = setting.prepared // 20 * 20
    case.quiet(0, last + first)
    setting.fires(case, last + first + 3 * MINUTE, ZeroTraffic.name)
    setting.fires(case, back - 1, ZeroTraffic.name)
    case.quiet(back + 3 * MINUTE, back + seconds(alert.window))
    return case


def _sparse(setting: Setting) -> Case:
    every = seconds(setting.config.zero_traffic.window) * 2 // 3

    def events(second: int) -> int | None:
        return (second + 13 * MINUTE) // every or None

    series = [setting.counted(USAGE_EVENTS.name, events, outcome="success")]
    case = setting.case(f"one event every {_minutes(every)} is no silence", series)
    case.quiet(0, 5 * every)
    return case


def _forgotten(setting: Setting) -> Case:
    """The silence of a target that is gone is not reported for ever."""
    alert = setting.config.zero_traffic
    lookback = seconds(alert.lookback)

    def events(second: int) -> float:
        return 5 + second // 20 if second < setting.prepared else GONE

    name = f"a silence without a target is told until {_minutes(lookback)} after the last event"
    gone = [
        Series("up", setting.target, lambda second: 1 if second < setting.prepared else GONE),
        setting.counted(USAGE_EVENTS.name, events, outcome="success"),
    ]
    case = Case(name, setting.scrape, gone)
    setting.fires(case, setting.prepared + lookback - 2 * MINUTE, ZeroTraffic.name)
    case.quiet(setting.prepared + lookback + 2 * MINUTE, setting.prepared + lookback + 20 * MINUTE)
    return case


def _systems_apart(setting: Setting) -> Case:
    """Two systems with equal targets and label sets: the failure share is computed for each alone.

    In the second nothing fails, and its traffic is so large that the share over both is no alert.
    """
    label = setting.config.labels[-1]
    alert = setting.config.failures
    end = setting.prepared + seconds(alert.window) + seconds(alert.for_) + 4 * MINUTE
    failing = setting.flushes(1.0, setting.prepared, end)
    large = replace(failing[0], value=lambda second: 1_000_000 * (1000 + second))
    healthy = [
        replace(series, labels={**series.labels, label: "other"})
        for series in (up(setting.target), large)
    ]
    case = setting.case("systems are told apart by their labels", [*failing, *healthy])
    case.quiet(0, setting.prepared)
    setting.fires(case, end, IngestionFailures.name)
    return case


def _other_job(setting: Setting) -> Case:
    """Series of the same names from another job are not Compozy's."""
    end = setting.prepared + HOUR
    failing = setting.flushes(1.0, setting.prepared, end)
    foreign = [
        replace(series, labels={**series.labels, "job": "another"})
        for series in (up(setting.target), *failing)
    ]
    case = Case("another job's failures are no alert", setting.scrape, foreign)
    case.quiet(0, end)
    return case


def _spike_above(setting: Setting, history: int) -> Case:
    alert = setting.config.token_spike
    within = seconds(alert.window) + seconds(alert.for_) + 5 * MINUTE
    factor, below = 1.2 * alert.factor, 5 / 6 * alert.factor
    begin = history + 2 * MINUTE + 7
    end = begin + within + 5 * MINUTE
    name = (
        f"{factor:g} times the average of {history / HOUR:g} h fires within "
        f"{_minutes(within)} and clears within {_number(within)}, and {below:g} times does not"
    )
    spikes = [
        setting.tokens(factor, begin, end),
        setting.tokens(below, begin, end, model="below"),
    ]
    case = setting.case(name, spikes)
    case.quiet(0, begin + seconds(alert.for_))
    setting.fires(case, begin + within, TokenSpike.name, since=begin)
    setting.fires(case, end + within, TokenSpike.name, since=begin)
    case.quiet(end + within, end + within + 20 * MINUTE)
    return case


def _spike_beside(setting: Setting) -> Case:
    """Spikes just above and just below the limit, after a whole baseline."""
    alert = setting.config.token_spike
    within = seconds(alert.window) + seconds(alert.for_) + 5 * MINUTE
    recent = 2 * seconds(alert.window) + seconds(alert.for_)
    begin = seconds(alert.baseline) + recent + 2 * MINUTE + 7
    above, below = (alert.factor * times for times in (1 + BESIDE, 1 - BESIDE))
    tokens = [
        setting.tokens(above, begin, begin + within),
        setting.tokens(below, begin, begin + within, model="below"),
    ]
    name = f"{above:g} times the average of a whole baseline fires, and {below:g} times does not"
    case = setting.case(name, tokens)
    # How much of the window the spike must fill to reach the limit.
    share = (alert.factor - 1) / (above - 1)
    case.quiet(0, begin + int(0.95 * share * seconds(alert.window)) + seconds(alert.for_))
    setting.fires(case, begin + within + 20 * MINUTE, TokenSpike.name, since=begin)
    return case


def _number(span: int) -> str:
    return f"{span / MINUTE:g}"


def _minutes(span: int) -> str:
    return f"{_number(span)} minutes"
