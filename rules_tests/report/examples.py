"""The incidents on the page: their series, and what the rule engine computes for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from config import Config, IngestionFailures, TokenSpike, ZeroTraffic
from contract.durations import promql_duration
from contract.metrics import USAGE_EVENTS
from delivery.targets import rule_file
from rules_tests.case import HOUR, MINUTE, Scrape, Series, Setting, inputs, up
from rules_tests.results import WHAT, results
from tools.promtool import Promtool

CONFIG = Config()
RULES = {alert.name: alert.rule(CONFIG, CONFIG.dashboard_url()) for alert in CONFIG.alerts.values()}
AROUND = 20 * MINUTE
"""How long before an incident begins, and after it has ended, the rules are evaluated."""

_BEGIN = 40 * MINUTE
_SETTING = Setting(CONFIG, Scrape(15))


class Chart(NamedTuple):
    """What charts of an alert show: an expression, its unit, and its threshold if it has one."""

    drawn: str
    unit: str
    threshold: float | None = None


CHARTS = {
    IngestionFailures.name: Chart(
        f"100 * ({CONFIG.failures.value(CONFIG)})",
        f"% of flushes failed, {promql_duration(CONFIG.failures.window)}",
        100 * CONFIG.failures.threshold,
    ),
    TokenSpike.name: Chart(
        CONFIG.token_spike.value(CONFIG), "times the average tokens", CONFIG.token_spike.factor
    ),
    ZeroTraffic.name: Chart(
        CONFIG.zero_traffic.activity_record(CONFIG), "workflow events in a minute"
    ),
}


@dataclass(frozen=True)
class Example:
    """One incident from `begin` to `end` (seconds), with a chart or without."""

    alert: str
    name: str
    begin: int
    end: int
    series: Sequence[Series]
    charted: bool

    @cached_property
    def curves(self) -> Mapping[str, Mapping[int, float]]:
        """The drawn value and the alert's two states, by minutes since the incident began."""
        until = self.end + AROUND
        asked = {"drawn": CHARTS[self.alert].drawn}
        for state in ("pending", "firing"):
            asked[state] = f'ALERTS{{alertname="{self.alert}", alertstate="{state}"}}'
        curves: dict[str, dict[int, float]] = {what: {} for what in asked}
        for at, labels, value in results(
            Promtool.found(),
            rule_file(CONFIG),
            asked,
            series=inputs([up(_SETTING.target), *self.series], _SETTING.scrape, until),
            interval=_SETTING.scrape.grid,
            times=range(self.begin - AROUND, until + 1, MINUTE),
        ):
            curves[labels[WHAT]][(at - self.begin) // MINUTE] = value
        return curves


def failures(ratio: float, minutes: int, *, charted: bool = False) -> Example:
    """A share `ratio` of 100 flushes a second fails for `minutes`."""
    end = _BEGIN + minutes * MINUTE
    name = f"{100 * ratio:g} % of flushes fail for {minutes} minutes"
    series = _SETTING.flushes(ratio, _BEGIN, end)
    return Example(IngestionFailures.name, name, _BEGIN, end, series, charted)


def spike(factor: float, minutes: int, *, charted: bool = False) -> Example:
    """Tokens at `factor` times their rate for `minutes`, after 25 steady hours."""
    begin = 25 * HOUR
    end = begin + minutes * MINUTE
    name = f"{factor:g} times the 24h average of tokens for {minutes} minutes"
    series = [_SETTING.tokens(factor, begin, end)]
    return Example(TokenSpike.name, name, begin, end, series, charted)


def silence(minutes: int) -> Example:
    """No workflow event for `minutes`, with one every 10 seconds before and after."""
    end = _BEGIN + minutes * MINUTE

    def events(second: int) -> float:
        return 5 + (min(second, _BEGIN) + max(0, second - end)) // 10

    name = f"no workflow event for {minutes} minutes"
    series = [_SETTING.counted(USAGE_EVENTS.name, events, outcome="success")]
    return Example(ZeroTraffic.name, name, _BEGIN, end, series, charted=True)


EXAMPLES: Mapping[str, Sequence[Example]] = {
    IngestionFailures.name: (
        failures(0.011, 60),
        failures(0.02, 45, charted=True),
        failures(0.1, 60),
        failures(1.0, 10, charted=True),
    ),
    TokenSpike.name: (spike(3.2, 45), spike(5, 45, charted=True), spike(10, 45)),
    ZeroTraffic.name: (silence(45),),
}
"""By alert; the times at which it fires and clears are told of all."""
