"""LLMUsageTokenSpikeWarning: tokens are more than three times their average of a day."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from alerts.increase import aggregated, increase_record, over_window
from alerts.model import Alert, RecordingRule
from alerts.scope import STRICT, Scope
from contract.durations import hours, minutes, promql_duration
from contract.fields import For, SeverityName, Window, at_least, too_short
from contract.metrics import COMPLETION_TOKENS, PROMPT_TOKENS

LEAST_RECORDS = minutes(40)
"""The baseline covers at least this much time. The first minute of a new target is not counted,
which is then at most 2.5 % of the average."""

_TOKENS = "compozy_llm_tokens"
_TIMES = "{{ if gt $value 1000.0 }}over 1000{{ else }}{{ $value | humanize }}{{ end }}"
"""A readable ratio; it is infinite if there were no tokens in the past."""


@dataclass(frozen=True, config=STRICT)
class TokenSpike(Alert):
    """A window's tokens, compared with their average over such windows of a day."""

    factor: Annotated[float, at_least(1.5, "an ordinary day reaches that much")] = Field(
        default=3.0, le=100, description="a day-and-night curve of +-60 % peaks at 1.6 times"
    )
    window: Window = Field(default=minutes(15), description="whose tokens are compared")
    baseline: Window = Field(
        default=hours(24), description="a whole day, so that night and day are both in it"
    )
    min_history: Window = Field(
        default=hours(1), description="an average over less says nothing about a day"
    )
    for_: For = Field(default=minutes(5), description="one large batch job is over by then")
    severity: SeverityName = "warning"

    name = "LLMUsageTokenSpikeWarning"
    panel = 10
    # The query returns nothing in the first hour, when there is no average yet. All alerts query
    # the same data source: if it fails, the critical alert reports that, and once is enough. A
    # failed query neither ends nor starts a spike, so the alert keeps its last state.
    no_data, error = "OK", "KeepLast"

    @property
    def limit(self) -> float:
        """How many times the average the tokens must exceed."""
        return self.factor

    def minute_record(self, scope: Scope) -> str:
        """Name of the record of a minute's prompt and completion tokens."""
        return scope.increased(_TOKENS)

    def volume_record(self, scope: Scope) -> str:
        """Name of the record of the window's tokens."""
        return scope.increased(_TOKENS, self.window)

    def baseline_record(self, scope: Scope) -> str:
        """Name of the record of the average of `volume_record` over the day."""
        window, baseline = promql_duration(self.window), promql_duration(self.baseline)
        return scope.record(_TOKENS, f"increase{window}_avg{baseline}")

    def records(self, scope: Scope) -> tuple[RecordingRule, ...]:
        """The tokens of each minute, their sum over the window, and the average of that sum."""
        kinds = [increase_record(scope, family) for family in (PROMPT_TOKENS, COMPLETION_TOKENS)]
        return (
            *kinds,
            RecordingRule(
                self.minute_record(scope), self._minute(scope, [kind.record for kind in kinds])
            ),
            RecordingRule(self.volume_record(scope), self._volume(scope)),
            RecordingRule(self.baseline_record(scope), self._baseline(scope)),
        )

    def _minute(self, scope: Scope, kinds: list[str]) -> str:
        # One selector for both kinds, so that a model without completion tokens has a sum as well.
        either = f'{{__name__=~"{"|".join(kinds)}"}}'
        last = over_window(scope, "last_over_time", either, self.window // 2)
        lately = aggregated("sum", scope.usage_labels, last)
        # A minute without a scrape counts as 0, while its growth may still arrive later.
        return f"{aggregated('sum', scope.usage_labels, either)}\nor 0 * {lately}"

    def _volume(self, scope: Scope) -> str:
        record, step = self.minute_record(scope), scope.evaluation_interval
        mean, recorded, total = (
            over_window(scope, f"{function}_over_time", record, self.window)
            for function in ("avg", "count", "sum")
        )
        # The average times the window, because some minutes may be missing. A known label set that
        # was away at the beginning of the window used nothing until it came back.
        return (
            f"{self.window // step} * {mean}\n"
            f"and {recorded} >= {self._least_recorded(step)}\n"
            f"or {total}\n"
            f"and {self.baseline_record(scope)}\n"
            f"unless {record} offset {promql_duration(self.window - step)}"
        )

    def _least_recorded(self, step: timedelta) -> int:
        # A fifth may be missing: a ruler that is restarted misses two or three minutes. At least
        # one may be missing: VictoriaMetrics shows a record a minute late.
        minutes = self.window // step
        return minutes - max(1, minutes // 5)

    def _baseline(self, scope: Scope) -> str:
        # The baseline ends before the window and `for` began, so that a spike is not part of the
        # average that it is compared with. It reads one record per window; these windows cover the
        # day without overlap. The range is half a window short, so that no record is on its edge,
        # see `over_window`.
        volume = self.volume_record(scope)
        day = promql_duration(self.baseline - self.window / 2)
        recent = promql_duration(self.window + self.for_)
        step = scope.evaluation_interval
        # The first volume is recorded as soon as `_least_recorded` minutes are. A label set that is
        # known stays so while it is away, until all that it used is older than the baseline.
        known = promql_duration(self.min_history - (self._least_recorded(step) - 1) * step)
        return (
            f"avg_over_time({volume}[{day}:{promql_duration(self.window)}] offset {recent})\n"
            f"and ({volume} offset {known} or {self.baseline_record(scope)})"
        )

    def value(self, scope: Scope) -> str:
        """The window's tokens, as a multiple of the average."""
        return f"{self.volume_record(scope)}\n/ {self.baseline_record(scope)}"

    def annotations(self, scope: Scope) -> dict[str, str]:
        """Which label set uses too many tokens, and how many times its average."""
        window, day = promql_duration(self.window), promql_duration(self.baseline)
        return {
            "summary": f"{scope.label_set()} uses far more tokens than its {day} average",
            "description": f"{scope.label_set()} used {_TIMES} times as many tokens in the last "
            f"{window} as its {day} average (the limit is {self.factor:g} times).",
        }

    def problems(self) -> Iterator[str]:
        """Also an average over a fraction of a window, over too little time, or never complete."""
        yield from super().problems()
        window, baseline = promql_duration(self.window), promql_duration(self.baseline)
        history = promql_duration(self.min_history)
        if self.baseline % self.window or self.baseline < 2 * self.window:
            yield (
                f"baseline: must be twice the window ({window}) or another whole number of it, not "
                f"{baseline}: it is the average of such windows"
            )
        least = self.window + self.for_ + LEAST_RECORDS
        average = f"the average, which is of {promql_duration(LEAST_RECORDS)} at least"
        why = f"window and for are no part of {average}"
        yield from too_short("min_history", self.min_history, least, why)
        if self.min_history > self.baseline:
            yield (
                f"min_history: must be the baseline ({baseline}) or less, not {history}: there "
                "would never be enough"
            )
