"""The incidents on the page: their series, and what the rule engine computes for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from alerts.model import AlertingRule
from config import Config, IngestionFailures, TokenSpike, ZeroTraffic
from contract.durations import promql_duration
from contract.metrics import USAGE_EVENTS
from delivery.targets import groups, rule_file
from rules_tests.case import HOUR, MINUTE, Scrape, Series, Setting, inputs
from rules_tests.results import WHAT, Sample, results
from tools.promtool import Promtool

CONFIG = Config()
RULES = {
    rule.alert: rule
    for group in groups(CONFIG)
    for rule in group.rules
    if isinstance(rule, AlertingRule)
}
AROUND = 20 * MINUTE
"""How long before an incident begins, and after it has ended, the rules are evaluated."""

_STATES = ("pending", "firing")
_SETTING = Setting(CONFIG, Scrape(15))


@dataclass(frozen=True)
class Example:
    """One incident from `begin` to `end` (seconds), with a chart of the value `drawn` or without.

    Its series have the example's name as their model, where the alert tells models apart.
    """

    alert: str
    name: str
    begin: int
    end: int
    series: Sequence[Series]
    drawn: str
    unit: str
    threshold: float | None
    charted: bool

    @cached_property
    def curves(self) -> Mapping[str, Mapping[int, float]]:
        """The drawn value and the alert's two states, by minutes since the incident began."""
        curves: dict[str, dict[int, float]] = {what: {} for what in ("drawn", *_STATES)}
        for at, labels, value in _evaluated(self.alert):
            if labels.get("model", self.name) == self.name and at <= self.end + AROUND:
                curves[labels[WHAT]][(at - self.begin) // MINUTE] = value
        return curves


@cache
def _evaluated(alert: str) -> Sequence[Sample]:
    """The highest values and the states in all examples of `alert`, by model where it tells them.

    One promtool process evaluates them together.
    """
    examples = EXAMPLES[alert]
    series = [_SETTING.up(), *(series for one in examples for series in one.series)]
    until = max(one.end for one in examples) + AROUND
    times = range(examples[0].begin - AROUND, until + 1, MINUTE)
    highest = {"drawn": f"max by (model) ({examples[0].drawn})"}
    for state in _STATES:
        of_state = f'ALERTS{{alertname="{alert}", alertstate="{state}"}}'
        highest[state] = f"max by (model) ({of_state})"
    return results(
        Promtool.found(),
        rule_file(CONFIG),
        highest,
        series=inputs(series, _SETTING.scrape, until),
        interval=_SETTING.scrape.grid,
        times=times,
    )


def failures(ratio: float, minutes: int, *, charted: bool = False) -> Example:
    """A share `ratio` of 100 flushes a second fails for `minutes`."""
    begin = 40 * MINUTE
    end = begin + minutes * MINUTE
    name = f"{100 * ratio:g} % of flushes fail for {minutes} minutes"
    return Example(
        alert=IngestionFailures.name,
        name=name,
        begin=begin,
        end=end,
        series=_SETTING.flushes(ratio, begin, end, model=name),
        drawn=f"100 * ({RULES[IngestionFailures.name].value})",
        unit=f"% of flushes failed, {promql_duration(CONFIG.failures.window)}",
        threshold=100 * CONFIG.failures.threshold,
        charted=charted,
    )


def spike(factor: float, minutes: int, *, charted: bool = False) -> Example:
    """Tokens at `factor` times their rate for `minutes`, after 25 steady hours."""
    begin = 25 * HOUR
    end = begin + minutes * MINUTE
    name = f"{factor:g} times the 24h average of tokens for {minutes} minutes"
    return Example(
        alert=TokenSpike.name,
        name=name,
        begin=begin,
        end=end,
        series=[_SETTING.tokens(factor, begin, end, model=name)],
        drawn=RULES[TokenSpike.name].value,
        unit="times the average tokens",
        threshold=CONFIG.token_spike.factor,
        charted=charted,
    )


def silence(minutes: int) -> Example:
    """No workflow event for `minutes`, with one every 10 seconds before and after."""
    begin = 40 * MINUTE
    end = begin + minutes * MINUTE

    def events(second: int) -> float:
        return 5 + (min(second, begin) + max(0, second - end)) // 10

    return Example(
        alert=ZeroTraffic.name,
        name=f"no workflow event for {minutes} minutes",
        begin=begin,
        end=end,
        series=[_SETTING.counted(USAGE_EVENTS.name, events, outcome="success")],
        drawn=CONFIG.zero_traffic.activity_record(CONFIG),
        unit="workflow events in a minute",
        threshold=None,
        charted=True,
    )


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
"""By alert; the times at which it fires and clears are told of all. They begin together."""
