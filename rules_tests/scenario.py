"""Promtool tests made from functions of time, for what a file by hand cannot say well.

For whole days with curves and noise, and for one scenario under several scrape intervals.
"""

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from contract.metrics import PAIR_LABELS
from delivery.targets import ALERTS
from tools import ROOT
from tools.promtool import Promtool

MINUTE = 60
HOUR = 60 * MINUTE

Value = Callable[[int], float | None]
"""A sample's value at a second; None where there is no sample, GONE where the series ends."""

GONE = math.nan


@dataclass(frozen=True)
class Series:
    """One input series."""

    name: str
    labels: Mapping[str, str]
    value: Value

    def __str__(self) -> str:
        """The series as promtool writes it."""
        pairs = ", ".join(f'{key}="{value}"' for key, value in self.labels.items())
        return f"{self.name}{{{pairs}}}"


@dataclass(frozen=True)
class Scrape:
    """When samples are taken: every `interval` seconds, `phase` after the full one."""

    interval: int
    phase: int = 0

    @property
    def grid(self) -> int:
        """Seconds between promtool's input values, of which some stay empty."""
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
class Scenario:
    """Series, how they are scraped, and what is expected of them when."""

    scrape: Scrape
    series: Sequence[Series]
    _expected: list[dict[str, Any]] = field(default_factory=list)

    def quiet(self, since: int, until: int) -> None:
        """Expect that no alert fires in (since, until], in seconds."""
        span = f"{until - since}s"
        expr = f'count_over_time(ALERTS{{alertstate="firing"}}[{span}])'
        self._expect(until, expr, [])

    def firing(self, at: int, alert: str, *pairs: Mapping[str, str]) -> None:
        """Expect that at `at` seconds `alert` fires for exactly these pairs, and no other does."""
        labels = ", ".join(("alertname", *PAIR_LABELS))
        expected = [_labels({"alertname": alert, **pair}) for pair in pairs]
        self._expect(at, f'count by ({labels}) (ALERTS{{alertstate="firing"}})', expected)

    def run(self) -> None:
        """Let promtool judge. Raises PromtoolError with its message where it is not so."""
        until = max(case["until"] for case in self._expected)
        judge(self.series, self.scrape, until, [case["test"] for case in self._expected])

    def _expect(self, until: int, expr: str, labels: list[str]) -> None:
        samples = [{"labels": text, "value": 1} for text in labels]
        test = {"expr": expr, "eval_time": f"{until}s", "exp_samples": samples}
        self._expected.append({"until": until, "test": test})


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def judge(
    series: Sequence[Series], scrape: Scrape, until: int, cases: Sequence[Mapping[str, Any]]
) -> str:
    """Run promtool on the built rules with `series` up to `until` (seconds), and return its report.

    `cases` are promtool's `promql_expr_test`. Raises PromtoolError where one is not so.
    """
    inputs = [{"series": str(one), "values": scrape.values(one, until)} for one in series]
    document = {
        "rule_files": [str(ROOT / ALERTS)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": f"{scrape.grid}s",
                "input_series": inputs,
                "promql_expr_test": list(cases),
            }
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario_test.yaml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return Promtool.found().test_rules(file)
