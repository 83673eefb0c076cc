"""Histories: the samples that exporters would have produced, and the records of the rules."""

from pathlib import Path

import yaml

from config import Config
from contract.durations import hours, minutes, seconds
from exporter_stub.catalogue import Catalogue, load_catalogue
from exporter_stub.faults import Fault, FaultName
from exporter_stub.replay import Replay
from exporter_stub.scenarios import SCENARIOS, Scenario

END = 1_775_001_600
"""Histories to look at end on 1 April 2026, 00:00 UTC, so that they are always the same."""

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
    content = catalogue.model_dump(mode="json", exclude_none=True)
    file.write_text(yaml.safe_dump(content), encoding="utf-8")


def ending(name: str, hours: int, rate: float, *, replicas: int = 2, every: int = 60) -> Replay:
    """The `hours` before END of the scenario `name`, with `rate` runs a second.

    A scrape `every` 60 s is the rarest that the rules support, and the fastest to generate.
    """
    instances = tuple(f"replica-{number + 1}:5001" for number in range(replicas))
    return Replay(SCENARIOS[name], END - hours * 3600, END, instances, every, rate, seed=1)


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
