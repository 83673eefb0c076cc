"""By how much counters increased, minute by minute: the basis of all alerts and panels.

`increase()` over a long range misses a series' birth (Compozy's series are born at their first
increment, with its value), extrapolates to the range's ends, and reads every raw sample of the
range. So each evaluation records by how much the counters grew within the minute before it,
computed from the samples without extrapolation and summed over replicas; longer windows are sums
of these records. The minutes are contiguous: each increment is counted in exactly one of them.

All ranges end `settle` in the past: a scrape's samples carry the time at which it began but become
visible when it has ended, so a range that ended now would miss those of a scrape in progress.
"""

from datetime import timedelta

from alerts.model import RecordingRule
from alerts.scope import Scope
from contract.durations import minutes, promql_duration
from contract.metrics import USAGE_EVENTS, Family, Label, Outcome

LONGEST_GAP = minutes(6)
"""The longest gap between samples whose growth is counted in the minute in which the gap ends. A
crash loop backs off for 5 minutes at most. Growth over longer gaps is seen by `growth`."""

INTERVAL = minutes(1)
"""The longest scrape interval."""

RECENTLY = INTERVAL + timedelta(seconds=15)
"""In this time a target is scraped, even if a scrape is 15 s late. A series that its answers of
this time lack has ended."""

HOLE = minutes(2)
"""A shorter absence of a series is no hole in its data: it has ended, and is born again."""

REMEMBERED = minutes(30)
"""How far before the minute earlier values of a missing series are searched."""


def aggregated(aggregation: str, labels: tuple[str, ...], expr: str) -> str:
    """The `aggregation` (sum, max) of `expr` over everything but `labels`."""
    return f"{aggregation} by ({', '.join(labels)}) (\n{indent(expr)}\n)"


def increase_record(scope: Scope, family: Family) -> RecordingRule:
    """The rule that records how much each label set of `family` gained within the last minute."""
    selector = scope.scraped(family.name)
    expr = aggregated("sum", scope.usage_labels, increase(scope, selector))
    return RecordingRule(scope.increased(family.name), expr)


def increase(scope: Scope, selector: str) -> str:
    """PromQL for what each counter series of `selector` gained within the last minute.

    The gain is the last value minus a base value. The base is the value before the minute, if it is
    no older than `LONGEST_GAP`; zero if the series was born or reset while its target was being
    scraped; and the first value if the target itself is new, because that value may have been
    counted long ago. Growth during a gap of at most `LONGEST_GAP` between scrapes is counted in the
    minute in which the gap ends.

    A series at zero counts as not yet born: emitters may initialise their series with zero.
    """
    m = _Minute(scope, selector)
    target = m.target
    scrapes = f"min by ({', '.join(scope.target_labels)}) (sum_over_time({m.within(m.up)}))"
    begin, end = m.begin(selector), m.end(selector)
    shown = f"{end} or {m.late} and {target} {m.end(m.up)} == 0"
    return f"""({m.last} > 0) - (
  # a hole in the data of a target that never failed and has no events: nothing is known of it
{indent(_hole(m, selector))}
  or
  # reset within the minute, after it had grown to a maximum
  {begin} - ({m.max} > {end}) <= 0
  or (
    # there before, and not missing from a scrape that its target answered
    (
{indent(indent(indent(_before(m, selector))))}
    ) <= {m.min}
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


def _hole(m: "_Minute", selector: str) -> str:
    """PromQL for the series of `selector` that come back from a hole in their data.

    A series that its target's answers lacked is born again, as in a crash loop. It has a hole only
    if it was missing at every minute of `HOLE`, while the target answered at every minute of
    `REMEMBERED`, and shows no events.
    """
    most = m.ago("max", selector, REMEMBERED, every=minutes(10))
    lately = m.ago("last", selector, HOLE, every=minutes(1))
    never_failed = f"{m.ago('min', m.up, REMEMBERED, every=minutes(1))} == 1"
    return (
        f"{m.end(selector)} >= {most}\n"
        f"unless ({m.begin(selector)} or {lately}) and {m.target} ({never_failed})\n"
        f"unless {m.target} {m.events}"
    )


def _before(m: "_Minute", selector: str) -> str:
    """PromQL for the last values of `selector` before the minute, up to `LONGEST_GAP` before it.

    A series that is missing from a later answer of its target has ended, and is left out.
    """
    further = RECENTLY + INTERVAL
    recent = m.ago("last", selector, RECENTLY)
    older = m.ago("last", selector, INTERVAL, RECENTLY)
    oldest = m.ago("last", selector, LONGEST_GAP - further, further)
    return (
        f"{m.begin(selector)}\n"
        f"or {recent} unless {m.target} {m.begin(m.up)} == 1\n"
        "or (\n"
        f"  {older}\n"
        f"  or {oldest} unless {m.target} ({m.answered(INTERVAL, RECENTLY)})\n"
        f") unless {m.target} ({m.answered(RECENTLY)})"
    )


def first_seen(scope: Scope, selector: str) -> str:
    """PromQL for series of `selector` above zero whose target was not there before the minute.

    This distinguishes traffic from silence: a process that replaces another may show its first
    event in its first scrape, and a series that Prometheus sees for the first time is not known to
    be silent. A series with the same value as within the last half hour is left out: it has only
    been missing.
    """
    m = _Minute(scope, selector)
    # The target answered no scrape within `LONGEST_GAP`, so earlier samples are older than that.
    away = m.ago("last", selector, REMEMBERED - LONGEST_GAP, LONGEST_GAP, every=minutes(4))
    return f"{m.last} > 0\nunless {m.target} ({m.known})\nunless {m.last} == {away}"


def growth(scope: Scope, selector: str, window: timedelta) -> str:
    """PromQL for how much more the series of `selector` show than a `window` before, summed.

    This counts growth that no minute's record has: over a gap longer than `LONGEST_GAP` between
    scrapes, and over evaluations that were missed. It does not count births and resets.
    """
    now, before = at(scope, selector), at(scope, selector, window)
    return aggregated("sum", scope.usage_labels, f"{now} - {before} > 0")


def at(scope: Scope, selector: str, ago: timedelta = timedelta()) -> str:
    """`selector` at the end of the recorded minute, or some time `ago` from there."""
    offset = ago + scope.settle
    return f"{selector} offset {promql_duration(offset)}" if offset else selector


def over_window(scope: Scope, function: str, record: str, window: timedelta) -> str:
    """`function` over the records of `window`, of which there is one per step.

    The range is half a step short of the window: it then holds exactly window / step records
    whether the engine counts one on the left edge (Prometheus 2) or not (Prometheus 3).
    """
    return f"{function}({record}[{promql_duration(window - scope.evaluation_interval / 2)}])"


def indent(expr: str) -> str:
    """`expr`, two spaces to the right."""
    return "\n".join(f"  {line}" for line in expr.splitlines())


class _Minute:
    """PromQL for the samples of a selector in the minute that is recorded, and before it."""

    def __init__(self, scope: Scope, selector: str) -> None:
        self._scope = scope
        self.last, self.min, self.max, self.count = (
            f"{function}_over_time({self.within(selector)})"
            for function in ("last", "min", "max", "count")
        )
        half = promql_duration(scope.evaluation_interval / 2)
        self.late = f"last_over_time({self.end(f'{selector}[{half}]')})"
        self.up = scope.scraped("up")
        self.target = f"on ({', '.join(scope.target_labels)})"
        events = scope.scraped(USAGE_EVENTS.name, f'{Label.OUTCOME}="{Outcome.SUCCESS}"')
        self.events = self.begin(events)
        self.known = f"{self.answered(LONGEST_GAP)} or {self.events}"
        """Targets that were scraped before the minute; events show it if a store has no `up`."""

    def begin(self, selector: str) -> str:
        """`selector` as of the beginning of the minute."""
        return at(self._scope, selector, self._scope.evaluation_interval)

    def end(self, selector: str) -> str:
        """`selector` as of the end of the minute."""
        return at(self._scope, selector)

    def within(self, selector: str) -> str:
        """The samples of the minute."""
        return self.end(f"{selector}[{promql_duration(self._scope.evaluation_interval)}]")

    def answered(self, span: timedelta, more: timedelta = timedelta()) -> str:
        """Targets that answered in the `span` that ends as the minute begins, or `more` before."""
        return f"{self.ago('max', self.up, span, more)} == 1"

    def ago(
        self,
        function: str,
        selector: str,
        span: timedelta,
        more: timedelta = timedelta(),
        every: timedelta = timedelta(),
    ) -> str:
        """`function` over the `span` that ends as the minute begins, or `more` before that.

        With `every` it is a subquery of that step, which reads fewer samples.
        """
        before = self._scope.evaluation_interval + more
        looks = f":{promql_duration(every)}" if every else ""
        samples = at(self._scope, f"{selector}[{promql_duration(span)}{looks}]", before)
        return f"{function}_over_time({samples})"
