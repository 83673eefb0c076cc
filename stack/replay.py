"""Histories: the samples that exporters would have produced, and the records of the rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
from stack.history import History, recorded

END = 1_775_001_600
"""The preview's histories end on 1 April 2026, 00:00 UTC, so that they are always the same."""

_HEAVY_TAIL = 1.2
"""Models whose prompts have a larger standard deviation (of the natural logarithm) are left out of
fast rehearsals: one of their requests can outweigh a quarter of an hour."""


def light_models() -> Catalogue:
    """The catalogue without the models of which a single request can be a spike."""
    every = load_catalogue()
    light = tuple(one for one in every.models if one.prompt[1] < _HEAVY_TAIL)
    return every.model_copy(update={"models": light})


def write_catalogue(file: Path, catalogue: Catalogue) -> None:
    """Write `catalogue` as the exporter's `--catalogue` reads it."""
    models = [one.model_dump(mode="json", exclude_none=True) for one in catalogue.models]
    file.write_text(yaml.safe_dump({"models": models}), encoding="utf-8")


@dataclass(frozen=True)
class ReplayOptions:
    """A history for the preview: its scenario (a name in SCENARIOS), length and traffic."""

    scenario: str
    hours: int
    rate: float = 1.0
    replicas: int = 2
    scrape: int = 60
    """Seconds between scrapes: the longest that the rules support, and the fastest to generate."""

    @property
    def begin(self) -> int:
        """The beginning in Unix seconds."""
        return END - self.hours * 3600

    def view(self, hours: float) -> View:
        """A view of the last `hours`."""
        return View(END - round(hours * 3600), END, step=60, scrape=self.scrape)


HISTORIES = {
    "healthy": ReplayOptions("healthy", hours=25, rate=2),
    **{name: ReplayOptions(name, hours=6) for name in ("outage", "token-spike", "silence")},
}


@contextmanager
def replayed(
    options: ReplayOptions, folder: Path, rules: list[RuleGroup] | None = None
) -> Iterator[History]:
    """A Prometheus on the history, with the records of `rules` (by default the contract's).

    All files are below `folder`. Raises StackError if it cannot be made.
    """
    instances = tuple(f"replica-{number + 1}:5001" for number in range(options.replicas))
    scenario = SCENARIOS[options.scenario]
    replay = Replay(scenario, options.begin, END, instances, options.scrape, options.rate, seed=1)
    with recorded(folder, replay.write(folder / "scrapes"), rules or groups(Config())) as history:
        yield history


def start_length(config: Config, speed: int, *, whole_day: bool) -> int:
    """Seconds of the history with which a stack starts; `config` is `speed` times as fast.

    That is the baseline's day and an hour, or only as long as the rules need.
    """
    spike, silence, hour = config.token_spike, config.zero_traffic, hours(1) / speed
    if whole_day:
        return seconds(spike.baseline + hour)
    return seconds(max(spike.min_history + spike.window, silence.window + hour) + hour)


def silent_end(config: Config, speed: int) -> Scenario:
    """A history that ends without workflows, one evaluation short of the alert's whole window."""
    silence = config.zero_traffic.window - minutes(1) / speed
    fault = Fault(name=FaultName.SILENCE, seconds=silence.total_seconds())
    return Scenario("workflows fall silent", incidents=((fault.seconds, fault),))
