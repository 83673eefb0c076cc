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
from delivery.targets import ALERTS
from rules_tests.promtool_files import NamedTest
from tools import ROOT

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
    series: Sequence[Series]
    _expected: list[dict[str, Any]] = field(default_factory=list)
    _until: int = 0

    def quiet(self, since: int, until: int) -> None:
        """Expect that no alert fires in (since, until], in seconds."""
        span = f"{until - since}s"
        expr = f'count_over_time(ALERTS{{alertstate="firing"}}[{span}])'
        self._expect(until, expr, [])

    def firing(self, at: int, alert: str, *label_sets: Mapping[str, str]) -> None:
        """Expect that `alert` fires at `at` seconds for exactly these label sets."""
        self._expect_label_sets(at, 'ALERTS{alertstate="firing"}', alert, *label_sets)

    def fired(self, since: int, until: int, alert: str, *label_sets: Mapping[str, str]) -> None:
        """Expect that in (since, until] `alert` fired for exactly these label sets."""
        span = f"{until - since}s"
        seen = f'last_over_time(ALERTS{{alertstate="firing"}}[{span}])'
        self._expect_label_sets(until, seen, alert, *label_sets)

    def test(self, file: str) -> NamedTest:
        """The case as a promtool test; `file` is the module that defines it."""
        name = f"{self.name}, {self.scrape}"
        return named(name, file, self.series, self.scrape, self._until, self._expected)

    def _expect_label_sets(
        self, at: int, seen: str, alert: str, *label_sets: Mapping[str, str]
    ) -> None:
        expected = [braced({"alertname": alert, **label_set}) for label_set in label_sets]
        labels = ", ".join(dict.fromkeys(("alertname", *USAGE_LABELS, *chain(*label_sets))))
        self._expect(at, f"count by ({labels}) ({seen})", expected)

    def _expect(self, until: int, expr: str, labels: list[str]) -> None:
        samples = [{"labels": text, "value": 1} for text in labels]
        self._expected.append({"expr": expr, "eval_time": f"{until}s", "exp_samples": samples})
        self._until = max(self._until, until)


def braced(labels: Mapping[str, str]) -> str:
    """`labels` as in a selector and in a sample."""
    return "{" + ", ".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def named(
    name: str,
    file: str,
    series: Sequence[Series],
    scrape: Scrape,
    until: int,
    cases: Sequence[Mapping[str, Any]],
) -> NamedTest:
    """A test of the built rules with `series` up to `until` (seconds).

    `cases` are promtool's `promql_expr_test`; `file` is the module that the test comes from.
    """
    return NamedTest(
        name=name,
        file=Path(file),
        rule_files=(ROOT / ALERTS,),
        shared={"evaluation_interval": "1m"},
        body={
            "name": name,
            "interval": f"{scrape.grid}s",
            "promql_expr_test": list(cases),
        },
        series=partial(inputs, series, scrape, until),
    )


def inputs(series: Sequence[Series], scrape: Scrape, until: int) -> list[dict[str, str]]:
    """`series` up to `until` (seconds) as promtool's `input_series`."""
    return [{"series": str(one), "values": scrape.values(one, until)} for one in series]
