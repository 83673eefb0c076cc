"""Promtool tests made from functions of time.

They serve what is hard to write by hand: whole days with curves and noise, and one case under
several scrape intervals.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from contract.metrics import USAGE_LABELS
from rules_tests.promtool_files import NamedTest

MINUTE = 60
HOUR = 60 * MINUTE

Value = Callable[[int], float | None]
"""The value at a second; None where there is no sample, GONE where the series goes stale."""

GONE = math.nan


@dataclass(frozen=True)
class Series:
    """One input series."""

    name: str
    labels: Mapping[str, str]
    value: Value

    def __str__(self) -> str:
        """The series as promtool writes it."""
        return self.name + braced(self.labels)


@dataclass(frozen=True)
class Scrape:
    """When samples are taken: every `interval` seconds, `phase` seconds after its multiples."""

    interval: int
    phase: int = 0

    def __str__(self) -> str:
        """The pattern in words."""
        phase = f", {self.phase} s after the full one" if self.phase else ""
        return f"scraped every {self.interval} s{phase}"

    @property
    def grid(self) -> int:
        """Seconds between promtool's input values, some of which are left empty."""
        return 15 if self.phase else self.interval

    def values(self, series: Series, until: int) -> str:
        """The samples of `series` from 0 to `until`, in promtool's notation."""
        return " ".join(
            _text(series.value(second)) if second % self.interval == self.phase else "_"
            for second in range(0, until + 1, self.grid)
        )


def _text(value: float | None) -> str:
    if value is None:
        return "_"
    return "stale" if math.isnan(value) else f"{value:.0f}"


@dataclass
class Case:
    """Series, how they are scraped, and what is expected at which time."""

    name: str
    scrape: Scrape
    series: list[Series]
    _expected: list[dict[str, Any]] = field(default_factory=list)
    _until: int = 0

    def quiet(self, since: int, until: int) -> None:
        """Expect that no alert fires in (since, until], in seconds."""
        span = f"{until - since}s"
        expr = f'count_over_time(ALERTS{{alertstate="firing"}}[{span}])'
        self.expect(until, expr, {})

    def firing(
        self, at: int, alert: str, *label_sets: Mapping[str, str], since: int | None = None
    ) -> None:
        """Expect that `alert` fires at second `at` for exactly these label sets.

        With `since`, that it fired for them in (since, at].
        """
        seen = 'ALERTS{alertstate="firing"}'
        if since is not None:
            seen = f"last_over_time({seen}[{at - since}s])"
        expected = [braced({"alertname": alert, **label_set}) for label_set in label_sets]
        labels = ", ".join(dict.fromkeys(("alertname", *USAGE_LABELS, *chain(*label_sets))))
        self.expect(at, f"count by ({labels}) ({seen})", dict.fromkeys(expected, 1))

    def expect(self, at: int, expr: str, values: Mapping[str, float]) -> None:
        """Expect exactly these `values` of `expr` at second `at`, by the series' labels."""
        samples = [{"labels": labels, "value": value} for labels, value in values.items()]
        self._expected.append({"expr": expr, "eval_time": f"{at}s", "exp_samples": samples})
        self._until = max(self._until, at)

    def test(self, file: str, rules: str) -> NamedTest:
        """The case as a promtool test of the rule file `rules` (its text); `file` defines it."""
        name = f"{self.name}, {self.scrape}"
        return NamedTest(
            name=name,
            file=Path(file),
            rules=(rules,),
            shared={"evaluation_interval": "1m"},
            body={
                "name": name,
                "interval": f"{self.scrape.grid}s",
                "promql_expr_test": self._expected,
            },
            series=partial(inputs, self.series, self.scrape, self._until),
        )


def braced(labels: Mapping[str, str]) -> str:
    """`labels` as in a selector and in a sample."""
    return "{" + ", ".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def inputs(series: Sequence[Series], scrape: Scrape, until: int) -> list[dict[str, str]]:
    """`series` up to `until` (seconds) as promtool's `input_series`."""
    return [{"series": str(one), "values": scrape.values(one, until)} for one in series]
