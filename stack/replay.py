"""Histories: what exporters would have left behind, and what the rules made of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from alerts.model import RuleGroup
from config import Config
from contract.durations import hours, minutes, seconds
from delivery.targets import groups
from exporter_stub.catalogue import Catalogue, load_catalogue
from exporter_stub.faults import Fault, FaultName
from exporter_stub.replay import Replay
from exporter_stub.scenarios import SCENARIOS, Scenario
from preview.resolve import View
from stack.history import History, record, recorded

JOB = "compozy"
"""Label `job` of all series, where the configuration names none."""

END = 1_775_001_600
"""The histories to look at end on 1 April 2026, 00:00 UTC: they are the same whenever made."""

_HEAVY_TAIL = 1.2
"""Models whose prompts deviate by more (of the natural logarithm) are left out where time goes
fast: one request of theirs can outweigh a quarter of an hour."""


@dataclass(frozen=True)
class Scraped:
    """What is scraped: `instances` (host:port) of `job`, every `every` seconds.

    They have `rate` workflow runs a second together, of the models of `catalogue`.
    """

    instances: tuple[str, ...]
    every: int
    rate: float
    job: str = JOB
    seed: int | None = None
    catalogue: Catalogue = field(default_factory=load_catalogue)

    def replay(self, folder: Path, scenario: Scenario, begin: int, end: int) -> list[Path]:
        """What is found between `begin` and `end` (Unix seconds), as new files in `folder`.

        They are in OpenMetrics format, in the order of time.
        """
        folder.mkdir(parents=True)
        Replay(
            scenario=scenario,
            begin=begin - begin % self.every,
            end=end - end % self.every,
            zero_init=False,
            **vars(self),
        ).write(folder)
        return sorted(folder.iterdir())


def light_models() -> Catalogue:
    """The catalogue without the models whose single requests can be a spike."""
    every = load_catalogue()
    light = tuple(one for one in every.models if one.prompt[1] < _HEAVY_TAIL)
    return every.model_copy(update={"models": light})


def write_catalogue(file: Path, catalogue: Catalogue) -> None:
    """Write `catalogue` as the exporter's `--catalogue` reads it."""
    models = [one.model_dump(mode="json", exclude_none=True) for one in catalogue.models]
    file.write_text(yaml.safe_dump({"models": models}), encoding="utf-8")


@dataclass(frozen=True)
class ReplayOptions:
    """A history to look at: its scenario (a name of SCENARIOS), length and traffic."""

    scenario: str
    hours: int
    rate: float = 1.0
    replicas: int = 2
    scrape: int = 60
    """Seconds between scrapes: the slowest that the rules support, and the quickest to make."""

    @property
    def begin(self) -> int:
        """Unix seconds."""
        return END - self.hours * 3600

    def view(self, history: History, hours: float | None = None) -> View:
        """The last `hours`, else all that is there, on full minutes as Grafana asks for them."""
        begin = history.begin if hours is None else END - round(hours * 3600)
        return View(begin=begin - begin % 60, end=END, step=60, scrape=self.scrape)


HISTORIES = {
    one.scenario: one
    for one in (
        ReplayOptions("healthy", hours=25, rate=2),
        ReplayOptions("outage", hours=6),
        ReplayOptions("token-spike", hours=6),
        ReplayOptions("silence", hours=6),
    )
}


@contextmanager
def replayed(
    options: ReplayOptions, folder: Path, rules: list[RuleGroup] | None = None
) -> Iterator[History]:
    """A Prometheus on the history, with what `rules` (else the contract's) recorded from it.

    All of it is below `folder`. Raises StackError where it cannot be made.
    """
    instances = tuple(f"replica-{number + 1}:5001" for number in range(options.replicas))
    scraped = Scraped(instances, options.scrape, options.rate, seed=1)
    scenario = SCENARIOS[options.scenario]
    scrapes = scraped.replay(folder / "scrapes", scenario, options.begin, END)
    with recorded(folder, scrapes, rules or groups(Config())) as history:
        yield history


@dataclass(frozen=True)
class Before:
    """What was before a stack starts, in time that goes `speed` times as fast as in production.

    `config` is at that speed. Where it is `quiet`, no workflow left usage in the last minutes: an
    evaluation later they are silent for the alert's whole window.
    """

    config: Config
    speed: int
    scraped: Scraped
    quiet: bool
    whole_day: bool

    @property
    def seconds(self) -> int:
        """How long it is: the baseline's day and an hour, or just what the rules need."""
        spike, silence = self.config.token_spike, self.config.zero_traffic
        if self.whole_day:
            return seconds(spike.baseline + hours(1) / self.speed)
        least = max(spike.min_history + spike.window, silence.window + hours(1) / self.speed)
        return seconds(least + hours(1) / self.speed)

    def write(self, folder: Path, end: int) -> Path:
        """A TSDB in `folder` that ends at `end` (Unix seconds), in place of an earlier one."""
        shutil.rmtree(folder, ignore_errors=True)
        silence = self.config.zero_traffic.window - minutes(1) / self.speed
        fault = Fault(name=FaultName.SILENCE, seconds=silence.total_seconds())
        incidents = ((fault.seconds, fault),) if self.quiet else ()
        scenario = Scenario("before", incidents=incidents)
        scrapes = self.scraped.replay(folder / "scrapes", scenario, end - self.seconds, end)
        record(folder, scrapes, groups(self.config))
        return folder / "tsdb"
