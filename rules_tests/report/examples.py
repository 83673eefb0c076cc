"""The incidents on the page: their series, and the value that is drawn for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from alerts.model import AlertingRule
from config import Config, IngestionFailures, TokenSpike, ZeroTraffic
from contract.durations import promql_duration
from contract.metrics import USAGE_EVENTS
from delivery.targets import groups, rule_file
from rules_tests.case import HOUR, MINUTE, Scrape, Series, inputs
from rules_tests.results import WHAT, History, results
from rules_tests.rule_files import needed
from rules_tests.setting import Setting
from tools.promtool import Promtool

CONFIG = Config()
RULES = {
    rule.alert: rule
    for group in groups(CONFIG)
    for rule in group.rules
    if isinstance(rule, AlertingRule)
}
_SETTING = Setting(CONFIG, Scrape(15))


Curves = Mapping[str, Mapping[int, float]]
"""Values by name and second; seconds without a value are left out."""


@dataclass(frozen=True)
class Example:
    """One incident from `begin` to `end` (seconds); it is evaluated until `until`.

    Its series have the example's name as their model, where the alert tells models apart.
    """

    alert: str
    name: str
    begin: int
    end: int
    until: int
    series: Sequence[Series]
    drawn: str
    unit: str
    threshold: float | None

    @cached_property
    def curves(self) -> Curves:
        """The drawn value and the alert's two states, as the rule engine computes them."""
        found = _evaluated(self.alert)
        return {
            what: {at: value for at, value in curve.items() if at <= self.until}
            for what, curve in (found.get(self.name) or found[""]).items()
        }


@cache
def _evaluated(alert: str) -> Mapping[str, Curves]:
    """By their name, or empty, the curves of all examples of `alert`: the highest values.

    One promtool process evaluates them together.
    """
    every = (*DRAWN.get(alert, ()), *TIMED.get(alert, {}).values())  # some are in both
    examples = list({one.name: one for one in every}.values())
    series = [_SETTING.up(), *(series for one in examples for series in one.series)]
    since, until = min(one.begin for one in examples), max(one.until for one in examples)
    times = range(since - 20 * MINUTE, until + 1, MINUTE)
    history = History(inputs(series, _SETTING.scrape, until), _SETTING.scrape.grid, times)
    highest = {
        "drawn": f"max by (model) ({examples[0].drawn})",
        **{
            state: f'max by (model) (ALERTS{{alertname="{alert}", alertstate="{state}"}})'
            for state in ("pending", "firing")
        },
    }
    rules = needed(rule_file(CONFIG), highest)
    curves: dict[str, dict[str, dict[int, float]]] = {}
    for at, labels, value in results(Promtool.found(), rules, history, highest):
        of_model = curves.setdefault(labels.get("model", ""), {name: {} for name in highest})
        of_model[labels[WHAT]][at] = value
    return curves


def failures(ratio: float, minutes: int) -> Example:
    """A share `ratio` of 100 flushes a second fails for `minutes`."""
    begin = 40 * MINUTE
    end = begin + minutes * MINUTE
    name = f"{100 * ratio:g} % of flushes fail for {minutes} minutes"
    return Example(
        alert=IngestionFailures.name,
        name=name,
        begin=begin,
        end=end,
        until=end + 30 * MINUTE,
        series=_SETTING.flushes(ratio, begin, end, model=name),
        drawn=f"100 * ({RULES[IngestionFailures.name].value})",
        unit=f"% of flushes failed, {promql_duration(CONFIG.failures.window)}",
        threshold=100 * CONFIG.failures.threshold,
    )


def spike(factor: float, minutes: int) -> Example:
    """Tokens at `factor` times their rate for `minutes`, after 25 steady hours."""
    begin = 25 * HOUR
    end = begin + minutes * MINUTE
    name = f"{factor:g} times the 24h average of tokens for {minutes} minutes"
    return Example(
        alert=TokenSpike.name,
        name=name,
        begin=begin,
        end=end,
        until=end + 30 * MINUTE,
        series=[_SETTING.tokens(factor, begin, end, model=name)],
        drawn=RULES[TokenSpike.name].value,
        unit="times the average tokens",
        threshold=CONFIG.token_spike.factor,
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
        until=end + 20 * MINUTE,
        series=[_SETTING.counted(USAGE_EVENTS.name, events, outcome="success")],
        drawn=CONFIG.zero_traffic.activity_record(CONFIG),
        unit="workflow events in a minute",
        threshold=None,
    )


DRAWN = {
    IngestionFailures.name: (failures(1.0, 10), failures(0.02, 45)),
    TokenSpike.name: (spike(5, 45),),
    ZeroTraffic.name: (silence(45),),
}
"""The examples with a chart, by alert."""

TIMED: dict[str, dict[str, Example]] = {
    IngestionFailures.name: {
        f"{100 * ratio:g} % of flushes fail": failures(ratio, 60)
        for ratio in (0.011, 0.02, 0.1, 1.0)
    },
    TokenSpike.name: {
        f"{factor:g} times the average": spike(factor, 45) for factor in (3.2, 5, 10)
    },
    ZeroTraffic.name: {"no workflow event": silence(45)},
}
"""The examples with times at which the alert fires and clears."""
