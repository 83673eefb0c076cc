"""By how much counters increased, minute by minute: what all three alerts and the panels stand on.

`increase()` over a long range misses a series' birth (Compozy's series are born at their first
increment, with its value), extrapolates to the range's ends, and reads every raw sample of the
range. So each evaluation records what was added within the minute before it, from the samples
themselves, summed over replicas; longer windows are sums of those records. The minutes follow one
another without a gap: an increment is in one of them, and none is extrapolated.

All looks end `settle` in the past: a scrape's samples carry the time at which it began and appear
when it has ended, so a look that ended now would miss those of a scrape in progress.
"""

from datetime import timedelta

from alerts.model import RecordingRule
from alerts.scope import Scope
from contract.durations import promql_duration
from contract.metrics import USAGE_EVENTS, Family, Label, Outcome

LOOKBACK = timedelta(minutes=6)
"""How old the last sample before the minute may be: a crash loop backs off for 5 minutes at most,
and what was gained in a gap is then less than half of any alert's window."""

HOLE = timedelta(minutes=2, seconds=15)
"""A series without a sample for so long, on a target that answered, is a hole in the data. What is
missing for less was born again: a process that crashes in a loop shows no series at first. So is
what its target, back after more than `LOOKBACK`, shows in the second scrape as it was."""

REMEMBERED = timedelta(minutes=30)
"""How long before the minute a series is looked for that has been away."""


def sum_by(labels: tuple[str, ...], expr: str) -> str:
    """`expr` summed over everything but `labels`."""
    return f"sum by ({', '.join(labels)}) (\n{indent(expr)}\n)"


def increase_record(scope: Scope, family: Family) -> RecordingRule:
    """What each label set of `family` gained within the last minute."""
    selector = scope.scraped(family.name)
    expr = sum_by(scope.usage_labels, increase(scope, selector))
    return RecordingRule(scope.increased(family.name), expr)


def increase(scope: Scope, selector: str) -> str:
    """PromQL for what each counter series of `selector` gained within the last minute.

    It is the last value less what the process had counted before: the value before the minute, no
    longer than `LOOKBACK` ago; zero where the series was born or reset while its target was being
    scraped; and where the target itself is new, the first value, which may be years old. What was
    gained in a gap of no more than `LOOKBACK` between scrapes is of the minute in which it ends.

    A series at zero counts as not yet born, so that emitters which initialise their series and
    those which do not look alike.
    """
    m = _Minute(scope, selector)
    up, target = scope.scraped("up"), m.target
    scrapes = f"min by ({', '.join(scope.target_labels)}) (sum_over_time({m.within(up)}))"
    looks = m.remembered(selector, timedelta(minutes=10))
    shown = f"{selector}{m.end} or {m.late} and {target} {up}{m.end} == 0"
    before = f"last_over_time({m.ago(selector, LOOKBACK)})"
    answered = f"min_over_time({m.ago(up, HOLE)}) == 1 or sum_over_time({m.ago(up, LOOKBACK)}) == 1"
    return f"""({m.last} > 0) - (
  # a hole in the data, while the target answered: nothing is known of the minute
  {selector}{m.end} >= max_over_time({looks})
  unless last_over_time({m.ago(selector, HOLE)}) and {target} ({answered})
  or
  # reset within the minute, after it had grown to a maximum
  {selector} {m.begin} - ({m.max} > {selector}{m.end}) <= 0
  or (
    # there before, and not missing from the scrape before the minute
    ({selector} {m.begin} or {before} unless {target} {up} {m.begin} == 1) <= {m.min}
    or
    # its target is new: what it came with may be old
    {m.min} unless {target} ({m.known})
  )
  # born, or born again, within the minute: it has fewer samples than its target has scrapes
  unless (({shown}) and {m.count} < {target} group_left () {scrapes})
)
or
# born or reset before the minute's first scrape
{m.last} > 0"""


def first_seen(scope: Scope, selector: str) -> str:
    """PromQL for series of `selector` above zero whose target was not there before the minute.

    For telling traffic from silence: a process that replaces another may show its first event in
    its first scrape, and what a Prometheus meets for the first time is not known to be silent. What
    stands as it did within the last half hour has only been away.
    """
    m = _Minute(scope, selector)
    away = m.remembered(selector, timedelta(minutes=5))
    return (
        f"{m.last} > 0\n"
        f"unless {m.target} ({m.known})\n"
        f"unless {selector}{m.end} == last_over_time({away})"
    )


def before_minutes(scope: Scope, selector: str, count: int) -> str:
    """`selector` as it was before the last `count` minutes."""
    ago = count * scope.evaluation_interval + scope.settle
    return f"{selector} offset {promql_duration(ago)}"


def over_window(function: str, record: str, window: timedelta, step: timedelta) -> str:
    """`function` over the records of `window`, one a `step`.

    The range is half a step short of the window: it then holds exactly window / step records
    whether the engine counts one on the left edge (Prometheus 2) or not (Prometheus 3).
    """
    return f"{function}({record}[{promql_duration(window - step / 2)}])"


def indent(expr: str) -> str:
    """`expr`, two spaces to the right."""
    return "\n".join(f"  {line}" for line in expr.splitlines())


class _Minute:
    """PromQL for the samples of a selector in the minute that is recorded, and before it."""

    def __init__(self, scope: Scope, selector: str) -> None:
        self._settle = scope.settle
        self.step = scope.evaluation_interval
        self.begin = f"offset {promql_duration(self.step + self._settle)}"
        self.end = f" offset {promql_duration(self._settle)}" if self._settle else ""
        self.last, self.min, self.max, self.count = (
            f"{function}_over_time({self.within(selector)})"
            for function in ("last", "min", "max", "count")
        )
        half = promql_duration(self.step / 2)
        self.late = f"last_over_time({selector}[{half}]{self.end})"
        self.target = f"on ({', '.join(scope.target_labels)})"
        scraped = f"max_over_time({self.ago(scope.scraped('up'), LOOKBACK)}) == 1"
        events = scope.scraped(USAGE_EVENTS.name, f'{Label.OUTCOME}="{Outcome.SUCCESS}"')
        self.known = f"{scraped} or {events} {self.begin}"
        """Targets that were scraped before the minute; events tell where a store has no `up`."""

    def within(self, selector: str) -> str:
        """The samples of the minute."""
        return f"{selector}[{promql_duration(self.step)}]{self.end}"

    def remembered(self, selector: str, every: timedelta) -> str:
        """Looks at what was there before the minute: they cost less than all samples."""
        span = f"{promql_duration(REMEMBERED)}:{promql_duration(every)}"
        return f"{selector}[{span}] {self.begin}"

    def ago(self, selector: str, span: timedelta) -> str:
        """The samples of `span` before the minute."""
        return f"{selector}[{promql_duration(span)}] {self.begin}"
