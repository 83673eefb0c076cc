"""How much counters grew, minute by minute: the one idea that all three alerts stand on.

`increase()` over a long range misses a series' birth (Compozy's series are born at their first
increment, with its value), estimates at the range's ends, and reads every raw sample of the range.
So each evaluation records instead what was added since the evaluation before it, per component,
provider and model, summed over replicas; longer windows are sums of those records. The minutes
tile: every increment is in one of them, once, and none is estimated.
"""

from datetime import timedelta

from contract.config import promql_duration
from contract.metrics import USAGE_EVENTS, Label, TargetLabel

SAME_TARGET = f"on ({', '.join(TargetLabel)})"


def sum_by(labels: tuple[Label, ...], expr: str) -> str:
    """`expr` summed over everything but `labels`."""
    return f"sum by ({', '.join(labels)}) (\n{indent(expr)}\n)"


def growth(selector: str, step: timedelta) -> str:
    """What each counter series of `selector` gained within `step`.

    A series that was there a step ago counts with the difference, or, where it fell (a reset),
    with what it has gained since. A series that is new counts with its whole value where its
    target was already being scraped a step ago, so that the whole value was gained since; on a
    target that is itself new the value may be years old and counts 0. A series at zero counts as
    not yet born, so that emitters that initialise their series and those that do not look alike.
    """
    before = f"offset {promql_duration(step)}"
    scraped = f"up {before} == 1 or {USAGE_EVENTS.name} {before}"
    born = f"({_new(selector, before)} and {SAME_TARGET} ({scraped}))"
    return "\nor\n".join([*_continued(selector, before), born, f"0 * {_new(selector, before)}"])


def activity(selector: str, step: timedelta) -> str:
    """What each counter series of `selector` gained within `step`, every birth counted whole.

    For telling traffic from silence: a process that replaces another may show its first event in
    its first scrape. Only a target that was down a step ago brings nothing new by coming back.
    """
    before = f"offset {promql_duration(step)}"
    born = f"({_new(selector, before)} unless {SAME_TARGET} (up {before} == 0))"
    return "\nor\n".join([*_continued(selector, before), born])


def over_window(function: str, record: str, window: timedelta, step: timedelta) -> str:
    """`function` over the records of `window`, one a `step`.

    The range is half a step short of the window: it then holds exactly window / step records
    whether the engine counts one on the left edge (Prometheus 2) or not (Prometheus 3).
    """
    return f"{function}({record}[{promql_duration(window - step / 2)}])"


def indent(expr: str) -> str:
    """`expr`, two spaces to the right."""
    return "\n".join(f"  {line}" for line in expr.splitlines())


def _continued(selector: str, before: str) -> list[str]:
    return [
        f"({selector} - ({selector} {before} > 0)) >= 0",
        f"({selector} > 0) < {selector} {before}",
    ]


def _new(selector: str, before: str) -> str:
    return f"(({selector} > 0) unless ({selector} {before} > 0))"
