"""Generated history: the same traffic and faults in simulated time, as OpenMetrics text.

There is one file for every two hours, aligned with Prometheus' blocks, so that `promtool tsdb
create-blocks-from openmetrics` reads each file once. It would read one file of a whole day again
for every block. prometheus_client would take three minutes to render the 18,000 scrapes of a day;
here the text of each series is made once, and its values follow one another.
"""

import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from contract.metrics import FAMILIES, USAGE_FAILURES, Outcome, TargetLabel
from exporter_stub.catalogue import Catalogue
from exporter_stub.database import TIMEOUT
from exporter_stub.faults import WRITES, Faults
from exporter_stub.metrics import Counts, Key, UsageMetrics, series
from exporter_stub.scenarios import Scenario
from exporter_stub.traffic import Traffic, Usage, WorkflowRun

BLOCK = 2 * 3600  # seconds of a file and of a Prometheus block
WRITE_LN = (-6.14, 0.55)
"""Mean and deviation of ln seconds of a write (median 2 ms); AWAY_LN is for a refused one.

Measured on two cores: 361 writes at 30 a second on eight connections to the embedded PostgreSQL,
and 300 attempts to connect where nothing listens.
"""

AWAY_LN = (-8.11, 0.41)

_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
UNFINISHED = ".unfinished"
"""Prefix of the folder out of which the files are moved once all of them are written."""


@dataclass(frozen=True)
class Replay:
    """The exporters `instances`, which share a traffic of `rate` runs a second.

    It lasts from `begin` to `end`, in Unix seconds. Prometheus scrapes each instance as a target of
    `job` every `every` seconds.
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

    def __post_init__(self) -> None:
        """Raise ValueError if the span is too short for a scrape or for the scenario."""
        if self.end - self.begin < self.every:
            raise ValueError(f"a scrape comes every {self.every} s only")
        longest = max((seconds for seconds, _ in self.scenario.incidents), default=0)
        if self.end - self.begin < longest:
            raise ValueError(f"this scenario needs at least {longest / 3600:.1f} hours")

    def write(self, folder: Path, *, progress: bool = False) -> None:
        """Write the history to new files in `folder`: all of it, or nothing.

        With `progress`, a terminal shows how far it is. Raises OSError where a file cannot be
        written.
        """
        console = Console(stderr=True)
        quiet = not (progress and console.is_terminal)
        shown = track(self.stamps, "replaying", console=console, transient=True, disable=quiet)
        for left in folder.glob(f"{UNFINISHED}*"):  # by a killed run
            shutil.rmtree(left)
        with TemporaryDirectory(prefix=UNFINISHED, dir=folder) as unfinished:
            _Run(self, Path(unfinished)).run(shown)
            for file in Path(unfinished).iterdir():
                file.rename(folder / file.name)

    @property
    def stamps(self) -> range:
        """When each instance is scraped: at multiples of `every`."""
        return range(self.begin // self.every * self.every, self.end + 1, self.every)

    @property
    def size(self) -> int:
        """The approximate number of bytes of a history in which every model is used."""
        begins = self.scenario.begins(self.begin, self.end)
        faults = [(at, fault) for at, fault in begins if fault.name in WRITES]
        target = _target_labels(self.job, self.instances[0])
        scrapes = 0.0
        for key in UsageMetrics(lambda: 0, self.catalogue).counts():
            since: float = self.begin
            if key[0] is USAGE_FAILURES or key[2] is Outcome.FAILURE:
                since = min((at for at, fault in faults if fault.matches(key[1])), default=self.end)
            scrape = sum(len(f"{line}123456 1800000000\n") for line in _lines(key, target))
            scrapes += (self.end - since) / self.every * scrape
        return round(scrapes * len(self.instances))


class _Target:
    """A simulated exporter with its target labels and the results of its last scrapes."""

    def __init__(self, replay: Replay, instance: str, now: Callable[[], float]) -> None:
        self.labels = _target_labels(replay.job, instance)
        self.metrics = UsageMetrics(now)
        self.scrapes: list[Counts] = []


class _Run:
    """The state of a replay: its clock, the targets, the faults, and the scrapes to write."""

    def __init__(self, replay: Replay, folder: Path) -> None:
        self._replay = replay
        self._folder = folder
        self._random = random.Random(replay.seed)  # noqa: S311  # traffic, no secrets
        self._now = float(replay.begin)
        self._targets = [_Target(replay, name, lambda: self._now) for name in replay.instances]
        self._faults = Faults(lambda: self._now, self._restart, replay.catalogue)
        self._due = replay.scenario.begins(replay.begin, replay.end)
        self._stamps: list[int] = []

    def run(self, stamps: Iterable[int]) -> None:
        """Write a scrape at each of `stamps` (Unix seconds)."""
        replay = self._replay
        traffic = Traffic(replay.catalogue, replay.rate, replay.begin, replay.seed)
        arrival = traffic.next_arrival()
        for stamp in stamps:
            while arrival <= stamp:
                self._now = arrival
                self._handle(traffic.next_run())
                arrival = traffic.next_arrival()
            if self._stamps and stamp // BLOCK != self._stamps[0] // BLOCK:
                self._write()
            self._now = stamp
            self._scrape(stamp)
        self._write()

    def _scrape(self, stamp: int) -> None:
        """Scrape all targets, and begin the faults that are due."""
        for due, fault in self._due:
            if due <= stamp:
                self._faults.begin(fault)
        self._due = [one for one in self._due if one[0] > stamp]
        self._stamps.append(stamp)
        for target in self._targets:
            target.scrapes.append(target.metrics.counts())

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

    def _write(self) -> None:
        """Write the scrapes since the last file."""
        name = datetime.fromtimestamp(self._stamps[0], UTC).strftime("%Y%m%dT%H%M%SZ.om")
        with (self._folder / name).open("x", encoding="utf-8") as file:
            file.writelines(_openmetrics(self._targets, self._stamps))
        for target in self._targets:
            target.scrapes.clear()
        self._stamps = []


def _openmetrics(targets: Sequence[_Target], stamps: Sequence[int]) -> Iterator[str]:
    """The scrapes of `targets` at `stamps` (Unix seconds) as pieces of text, by family."""
    for family in FAMILIES:
        yield f"# HELP {(name := family.name.removesuffix('_total'))} {family.help}\n"
        yield f"# TYPE {name} {family.type}\n"
        for target in targets:
            keys = {key: None for scrape in target.scrapes for key in scrape if key[0] is family}
            for key in keys:
                yield _samples(key, target, stamps)
    yield "# TYPE up gauge\n"
    for target in targets:
        yield "".join([f"up{{{target.labels}}} 1 {stamp}\n" for stamp in stamps])
    yield "# EOF\n"


def _samples(key: Key, target: _Target, stamps: Sequence[int]) -> str:
    """All samples of `key`, scrape by scrape."""
    lines = _lines(key, target.labels)
    return "".join(
        [
            f"{line}{value} {stamp}\n"
            for stamp, scrape in zip(stamps, target.scrapes, strict=True)
            if key in scrape
            for line, value in zip(lines, scrape[key], strict=True)
        ]
    )


def _lines(key: Key, target: str) -> list[str]:
    """The text of each series of `key`, up to its value."""
    return [f"{name}{{{_labels(labels)},{target}}} " for name, labels in series(key)]


def _target_labels(job: str, instance: str) -> str:
    """The labels that a scrape adds to each series."""
    return _labels({TargetLabel.JOB: job, TargetLabel.INSTANCE: instance})


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
