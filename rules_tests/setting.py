"""What all tests made by code share: a configuration, a target, a label set."""

from dataclasses import dataclass
from math import ceil

from config import Config, ZeroTraffic
from contract.durations import seconds
from contract.metrics import PROMPT_TOKENS, USAGE_EVENTS, USAGE_FAILURES
from rules_tests.case import MINUTE, Case, Scrape, Series, Value


@dataclass(frozen=True)
class Setting:
    """A configuration and a scrape pattern, with the labels of the series in the tests."""

    config: Config
    scrape: Scrape

    @property
    def job(self) -> str:
        """The job that scrapes Compozy."""
        return (*self.config.jobs, "compozy")[0]

    @property
    def systems(self) -> dict[str, str]:
        """The configured labels of the system."""
        return {label: f"one-{label}" for label in self.config.labels}

    @property
    def target(self) -> dict[str, str]:
        """Labels of the one target."""
        return {"job": self.job, "instance": "a:5001", **self.systems}

    @property
    def label_set(self) -> dict[str, str]:
        """Labels of an alert on the one label set, without its severity."""
        return {
            **self.systems,
            "component": "workflow",
            "provider": "openai",
            "model": "gpt-4o-mini",
        }

    @property
    def prepared(self) -> int:
        """When an incident begins: after a healthy window, and not at a full minute."""
        windows = (self.config.failures.window, self.config.zero_traffic.window)
        return seconds(max(windows)) + 10 * MINUTE + 7

    def up(self) -> Series:
        """The series `up` of a target that is always scraped."""
        return Series("up", self.target, lambda _: 1)

    def counted(self, name: str, value: Value, **labels: str) -> Series:
        """A counter of the label set."""
        return Series(name, {**self.target, **self.label_set, **labels}, value)

    def flushes(self, ratio: float, begin: int, end: int, **labels: str) -> list[Series]:
        """Flushes of which `ratio` fail from `begin` to `end`, 100 a second unless more are needed.

        The series of failures begin with the first failure.
        """
        # So many that a ratio just beside the limit differs from it by many failures.
        per_second = max(100, ceil(1 / self.config.failures.threshold))

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
        return Case(name, self.scrape, [self.up(), *series])

    def fires(self, case: Case, at: int, name: str, since: int | None = None) -> None:
        """Expect that the alert fires on the label set alone, at `at` or once in (since, at]."""
        case.firing(at, name, self._alert(name), since=since)

    def _alert(self, name: str) -> dict[str, str]:
        silent = name == ZeroTraffic.name
        about = {**self.systems, "component": "workflow"} if silent else self.label_set
        return {**about, "severity": self.config.alert(name).severity}
