"""How much counters grew, minute by minute: the one idea that all three alerts stand on.

`increase()` over a long range misses a series' birth (Compozy's series are born at their first
increment, with its value), estimates at the range's ends, and reads every raw sample of the range.
So each evaluation records instead what was added since the evaluation before it, summed over
replicas; longer windows are sums of those records. The steps tile the time: every increment is in
one of them, once, and none is estimated.

Both ends of a step are `SETTLE` in the past. A scrape's samples carry the time at which it began
and appear when it has ended; a step that ended now would miss those of a scrape in progress, and
the next step would take them for old.
"""

from datetime import timedelta

from contract.config import Config
from contract.durations import promql_duration
from contract.metrics import USAGE_EVENTS

SETTLE = timedelta(seconds=10)
"""Prometheus' default scrape time-out: older samples are there, or never will be."""

MEMORY = timedelta(minutes=30)
"""How long a series that is not scraped for a while is remembered, and so not taken for new."""

LOOKBACK = timedelta(minutes=5)
"""Prometheus' default look-back: a look every so often misses no sample of the time between."""


def sum_by(labels: tuple[str, ...], expr: str) -> str:
    """`expr` summed over everything but `labels`."""
    return f"sum by ({', '.join(labels)}) (\n{indent(expr)}\n)"


def growth(config: Config, selector: str) -> str:
    """What each counter series of `selector` gained within a step.

    A series that was there before counts with the difference. One that fell was reset, and counts
    with what it has gained since. One that was never there counts with its whole value, where its
    target was already being scraped, so that the whole value is a gain; on a target that is itself
    new the value may be years old. What came back after a gap in scrapes counts 0: how much of its
    growth belongs to this step is not known.
    """
    series = _Series(selector, config.evaluation_interval)
    up, events = config.scraped("up"), config.scraped(USAGE_EVENTS.name)
    same_target = f"on ({', '.join(config.target_labels)})"
    scraped = f"and {same_target} ({up} {series.then} == 1 or {events} {series.then})"
    return _branches(
        ("grew", series.gain),
        ("was born, or reset", f"(\n{indent(series.fresh)}\n)\n{scraped}"),
        ("came with its target, or came back", f"0 * ({series.now} > 0)"),
    )


def activity(config: Config, selector: str) -> str:
    """What each counter series of `selector` gained within a step, every birth counted whole.

    For telling traffic from silence: a process that replaces another may show its first event in
    its first scrape, and what a Prometheus meets for the first time is not known to be silent.
    """
    series = _Series(selector, config.evaluation_interval)
    return _branches(("grew", series.gain), ("is new, or was reset", series.fresh))


def before_step(selector: str, step: timedelta) -> str:
    """`selector` as it was before the step of `growth` and `activity` began."""
    return f"{selector} offset {promql_duration(step + SETTLE)}"


def over_window(function: str, record: str, window: timedelta, step: timedelta) -> str:
    """`function` over the records of `window`, one a `step`.

    The range is half a step short of the window: it then holds exactly window / step records
    whether the engine counts one on the left edge (Prometheus 2) or not (Prometheus 3).
    """
    return f"{function}({record}[{promql_duration(window - step / 2)}])"


def indent(expr: str) -> str:
    """`expr`, two spaces to the right."""
    return "\n".join(f"  {line}" for line in expr.splitlines())


class _Series:
    """PromQL for what became of the series of a selector between both ends of a step.

    A series at zero counts as not yet born throughout, so that emitters that initialise their
    series and those that do not look alike.
    """

    def __init__(self, selector: str, step: timedelta) -> None:
        self.now = f"{selector} offset {promql_duration(SETTLE)}"
        self.then = f"offset {promql_duration(step + SETTLE)}"
        before = f"{before_step(selector, step)} > 0"
        looks = f"[{promql_duration(MEMORY)}:{promql_duration(LOOKBACK)}]"
        known = f"{before}\nor last_over_time(({selector} > 0){looks} {self.then})"
        self.gain = f"{self.now} - ({before}) >= 0"
        self.fresh = f"({self.now} > 0)\nunless (\n{indent(known)}\n) <= {self.now}"


def _branches(*branches: tuple[str, str]) -> str:
    """The first branch that has a value for a series gives it, each under its comment."""
    return "\nor\n".join(f"# {comment}\n{expr}" for comment, expr in branches)
