"""Promtool tests made from functions of time, and what most of them share.

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

from config import Config, ZeroTraffic
from contract.durations import seconds
from contract.metrics import (
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    USAGE_LABELS,
    Component,
)
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


@dataclass(frozen=True)
class Setting:
    """A configuration and a scrape pattern, with the labels of the series in the tests."""

    config: Config
    scrape: Scrape

    @property
    def systems(self) -> dict[str, str]:
        """The configured labels of the system."""
        return {label: f"one-{label}" for label in self.config.labels}

    @property
    def target(self) -> dict[str, str]:
        """Labels of the one target."""
        job = (*self.config.jobs, "compozy")[0]
        return {"job": job, "instance": "a:5001", **self.systems}

    @property
    def label_set(self) -> dict[str, str]:
        """Labels of an alert on the one label set, without its severity."""
        return {**self.systems, **label_set(Component.WORKFLOW, "gpt-4o-mini")}

    @property
    def prepared(self) -> int:
        """When an incident begins: after a healthy window, and not at a full minute."""
        windows = (self.config.failures.window, self.config.zero_traffic.window)
        return seconds(max(windows)) + 10 * MINUTE + 7

    def counted(self, name: str, value: Value, **labels: str) -> Series:
        """A counter of the label set."""
        return Series(name, {**self.target, **self.label_set, **labels}, value)

    def flushes(self, ratio: float, begin: int, end: int, **labels: str) -> list[Series]:
        """Flushes of which `ratio` fail from `begin` to `end`, 100 a second unless more are needed.

        The series of failures begin with the first failure.
        """
        # So many that a ratio just beside the limit differs from it by many failures.
        per_second = max(100, math.ceil(1 / self.config.failures.threshold))

        def failed(second: int) -> float | None:
            return int(per_second * ratio * max(0, min(second, end) - begin)) or None

        def succeeded(second: int) -> float:
            return int(per_second * (1000 + second)) - (failed(second) or 0)

        return [
            self.counted(USAGE_EVENTS.name, succeeded, outcome="success", **labels),
            self.counted(USAGE_EVENTS.name, failed, outcome="failure", **labels),
            self.counted(USAGE_FAILURES.name, failed, **labels),
        ]

    def tokens(self, factor: float, begin: int, end: int, **labels: str) -> Series:
        """Prompt tokens: 100 a second, and `factor` times as many from `begin` to `end`."""

        def value(second: int) -> float:
            return 100 * (second + 1 + (factor - 1) * max(0, min(second, end) - begin))

        return self.counted(PROMPT_TOKENS.name, value, **labels)

    def case(self, name: str, series: list[Series]) -> Case:
        """An empty case of the target's `series`."""
        return Case(name, self.scrape, [up(self.target), *series])

    def fires(self, case: Case, at: int, name: str, since: int | None = None) -> None:
        """Expect that the alert fires on the label set alone, at `at` or once in (since, at]."""
        silent = name == ZeroTraffic.name
        about = {**self.systems, "component": "workflow"} if silent else self.label_set
        severity = {"severity": self.config.alert(name).severity}
        case.firing(at, name, {**about, **severity}, since=since)


def at(*spans: tuple[int, Callable[[int], float] | float | None]) -> Value:
    """A value that changes at given seconds: each span begins at its second."""

    def value(second: int) -> float | None:
        begun = [what for begin, what in spans if second >= begin]
        found = begun[-1] if begun else None
        return found(second) if callable(found) else found

    return value


def gap(before: float, begin: int, end: int, after: float) -> Value:
    """A value, then a gap, then another."""
    return at((0, before), (begin, GONE), (end, after))


def up(target: Mapping[str, str], begin: float = 0, end: float = math.inf) -> Series:
    """The series `up` of a target that is scraped from second `begin` until `end`."""
    return Series("up", target, lambda second: 1 if begin <= second < end else None)


def label_set(component: Component, model: str) -> dict[str, str]:
    """The labels of what `component` uses of `model`; its provider is always the same."""
    return {"component": component, "provider": "openai", "model": model}


def braced(labels: Mapping[str, str]) -> str:
    """`labels` as in a selector and in a sample."""
    return "{" + ", ".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def inputs(series: Sequence[Series], scrape: Scrape, until: int) -> list[dict[str, str]]:
    """`series` up to `until` (seconds) as promtool's `input_series`."""
    return [{"series": str(one), "values": scrape.values(one, until)} for one in series]
