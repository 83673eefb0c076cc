"""History at once: the same traffic and faults in simulated time, as OpenMetrics text.

One file for each two hours, aligned as Prometheus' blocks are, so that `promtool tsdb
create-blocks-from openmetrics` reads each of them once; of one file over a day it reads all of it
for every block. Memory holds the numbers of two hours, whatever the span.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from exporter_stub.catalogue import Catalogue
from exporter_stub.clock import SimulatedClock
from exporter_stub.database import TIMEOUT
from exporter_stub.executions import Usage, WorkflowRun
from exporter_stub.faults import Faults
from exporter_stub.history import Target, openmetrics
from exporter_stub.metrics import UsageMetrics
from exporter_stub.scenarios import Scenario
from exporter_stub.traffic import Traffic, emit

BLOCK = 2 * 3600
"""Seconds of a file, and of a block of Prometheus."""

WRITE_LN = (-6.14, 0.55)
"""Mean and deviation of ln seconds of a write (median 2 ms), and below of one that is refused.

Measured on two cores: 361 writes at 30 a second on eight connections to the embedded PostgreSQL,
and 300 attempts to connect where nothing listens.
"""

AWAY_LN = (-8.11, 0.41)


@dataclass(frozen=True)
class Plan:
    """Exporters `instances` with one traffic of `rate` runs a second, from `begin` to `end`.

    Both are Unix seconds. Prometheus scrapes each as a target of `job` every `every` seconds.
    """

    scenario: Scenario
    catalogue: Catalogue
    begin: int
    end: int
    every: int
    instances: tuple[str, ...]
    job: str
    rate: float
    seed: int | None
    zero_init: bool

    def __post_init__(self) -> None:
        """Raise ValueError where the span is too short for a scrape, or for the scenario."""
        if self.end - self.begin < self.every:
            raise ValueError(f"a scrape comes every {self.every} s only")
        longest = max((seconds for seconds, _ in self.scenario.incidents), default=0)
        if self.end - self.begin < longest:
            raise ValueError(f"this scenario needs at least {longest / 3600:.1f} hours")


class Replay:
    """Runs a plan, and writes its history to new files in a folder, each whole or not at all."""

    def __init__(self, plan: Plan, folder: Path, tell: Callable[[float], None]) -> None:
        """`tell` is called with the share that is done, between 0 and 1, after each file."""
        self._plan = plan
        self._folder = folder
        self._tell = tell
        self._random = random.Random(plan.seed)  # noqa: S311  # traffic, no secrets
        self._clock = SimulatedClock(plan.begin, plan.end, plan.every, self._tick)
        self._targets = [
            Target(plan.job, instance, UsageMetrics(self._clock)) for instance in plan.instances
        ]
        self._faults = Faults(self._clock, self._restart)
        self._due = [(float(plan.begin), fault) for fault in plan.scenario.always]
        self._due += [(plan.end - ahead, fault) for ahead, fault in plan.scenario.incidents]
        self._stamps: list[int] = []

    def run(self) -> None:
        """Write the history. Raises OSError where a file cannot be written."""
        plan = self._plan
        self._restart()
        traffic = Traffic(plan.catalogue, plan.rate, plan.begin, plan.seed)
        emit(traffic, self._clock, self._handle)
        self._write()

    def _tick(self, when: float) -> None:
        """One scrape of all targets."""
        stamp = int(when)
        if self._stamps and stamp // BLOCK != self._stamps[0] // BLOCK:
            self._write()
        for due, fault in self._due:
            if due <= stamp:
                self._faults.begin(fault)
        self._due = [one for one in self._due if one[0] > stamp]
        for target in self._targets:
            target.scrape(len(self._stamps))
        self._stamps.append(stamp)

    def _handle(self, run: WorkflowRun) -> None:
        metrics = self._random.choice(self._targets).metrics
        for usage in self._faults.on_run(run).usages:
            self._flush(metrics, usage)

    def _flush(self, metrics: UsageMetrics, usage: Usage) -> None:
        hit = self._faults.on_write(usage)
        seconds = self._random.lognormvariate(*(AWAY_LN if hit.muted else WRITE_LN)) + hit.delay
        if hit.muted or hit.orphaned or seconds > TIMEOUT:
            metrics.record_failure(usage, round(min(seconds, TIMEOUT), 6))
        else:
            metrics.record_success(usage, round(seconds, 6))

    def _restart(self) -> None:
        for target in self._targets:
            target.metrics.reset()
            if self._plan.zero_init:
                target.metrics.initialise(self._plan.catalogue)

    def _write(self) -> None:
        name = datetime.fromtimestamp(self._stamps[0], UTC).strftime("%Y%m%dT%H%M%SZ.om")
        fresh = self._folder / f"{name}.new"
        with fresh.open("x", encoding="utf-8") as file:
            file.writelines(openmetrics(self._targets, self._stamps))
        fresh.rename(self._folder / name)
        for target in self._targets:
            target.stretches.clear()
        self._tell((self._stamps[-1] - self._plan.begin) / (self._plan.end - self._plan.begin))
        self._stamps = []
