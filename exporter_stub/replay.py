"""The command `replay`: the same traffic and faults in simulated time, as OpenMetrics text.

There is one file for every two hours, aligned with Prometheus' blocks, so that `promtool tsdb
create-blocks-from openmetrics` reads each file once. It would read one file of a whole day again
for every block. prometheus_client would take three minutes to render the 18,000 scrapes of a day;
here the text of each series is made once, and its values follow one another.
"""

import argparse
import random
import shlex
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.filesize import decimal
from rich.progress import track

from contract.durations import promql_duration
from contract.file import ConfigError
from contract.metrics import FAMILIES, USAGE_FAILURES, Outcome, TargetLabel
from exporter_stub.catalogue import DEFAULT, Catalogue, load_catalogue
from exporter_stub.database import TIMEOUT
from exporter_stub.faults import WRITES, Faults
from exporter_stub.metrics import Counts, Key, UsageMetrics, series
from exporter_stub.process import number, rate
from exporter_stub.scenarios import SCENARIOS, Scenario
from exporter_stub.traffic import Traffic

JOB = "compozy"  # label of all series, where nothing else is said
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

HOURS = 25  # a day for the baseline of the token-spike alert, and an hour to view
_NEXT = """\
promtool=$(.venv/bin/python -m tools.locate promtool)
for file in {0}/*.om; do
    TMPDIR={0} $promtool tsdb create-blocks-from openmetrics "$file" {0}/tsdb
done
touch {0}/prometheus.yml
prometheus=$(.venv/bin/python -m tools.locate prometheus)
$prometheus --config.file={0}/prometheus.yml --storage.tsdb.path={0}/tsdb \\
    --storage.tsdb.retention.time=10y --web.listen-address=127.0.0.1:9090
"""


@dataclass(frozen=True)
class Replay:
    """The exporters `instances` (host:port), which share a traffic of `rate` runs a second.

    It lasts from `begin` to `end`, in Unix seconds. Prometheus scrapes each instance as a target of
    `job` every `every` seconds.
    """

    scenario: Scenario
    begin: int
    end: int
    instances: tuple[str, ...]
    every: int
    rate: float
    job: str = JOB
    seed: int | None = None
    catalogue: Catalogue = field(default_factory=load_catalogue)

    def write(self, folder: Path) -> list[Path]:
        """Write the history to new files in `folder`, and return them, the oldest first.

        All of it is written, or nothing. A terminal shows how far it is. Raises OSError where a
        file cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        console = Console(stderr=True)
        quiet = not console.is_terminal
        shown = track(self.stamps, "replaying", console=console, transient=True, disable=quiet)
        for left in folder.glob(f"{UNFINISHED}*"):  # by a killed run
            shutil.rmtree(left)
        with TemporaryDirectory(prefix=UNFINISHED, dir=folder) as unfinished:
            for _, block in groupby(_scrapes(self, shown), lambda scrape: scrape[0] // BLOCK):
                scrapes = list(block)
                name = datetime.fromtimestamp(scrapes[0][0], UTC).strftime("%Y%m%dT%H%M%SZ.om")
                with Path(unfinished, name).open("x", encoding="utf-8") as file:
                    file.writelines(_openmetrics(scrapes))
            for written in Path(unfinished).iterdir():
                written.rename(folder / written.name)
        return sorted(folder.iterdir())

    @property
    def stamps(self) -> range:
        """When each instance is scraped: at multiples of `every`."""
        return range(self.begin // self.every * self.every, self.end + 1, self.every)

    def labels(self, instance: str) -> str:
        """The labels that a scrape of `instance` adds to each series."""
        return labels_text({TargetLabel.JOB: self.job, TargetLabel.INSTANCE: instance})

    @property
    def size(self) -> int:
        """The approximate number of bytes of a history in which every model is used."""
        begins = self.scenario.begins(self.begin, self.end)
        faults = [(at, fault) for at, fault in begins if fault.name in WRITES]
        target = self.labels(self.instances[0])
        scrapes = 0.0
        for key in UsageMetrics(self.catalogue).counts():
            since: float = self.begin
            if key[0] is USAGE_FAILURES or key[2] is Outcome.FAILURE:
                since = min((at for at, fault in faults if fault.matches(key[1])), default=self.end)
            scrape = sum(len(f"{line}123456 1800000000\n") for line in _lines(key, target))
            scrapes += (self.end - since) / self.every * scrape
        return round(scrapes * len(self.instances))


Scrape = tuple[int, dict[str, Counts]]
"""When (Unix seconds), and what each target counts then. A target's key is its labels as text."""


def _scrapes(replay: Replay, stamps: Iterable[int]) -> Iterator[Scrape]:
    """The scrapes of all targets at `stamps` (Unix seconds)."""
    now = float(replay.begin)
    exporters = {replay.labels(instance): UsageMetrics() for instance in replay.instances}
    replicas = list(exporters.values())
    faults = Faults(lambda: now, replicas, replay.catalogue)
    begins = replay.scenario.begins(replay.begin, replay.end)
    rng = random.Random(replay.seed)  # noqa: S311  # traffic, no secrets
    traffic = Traffic(replay.catalogue, replay.rate, replay.begin, replay.seed)
    arrival = traffic.next_arrival()
    for stamp in stamps:
        while arrival <= stamp:
            now = arrival
            metrics = rng.choice(replicas)
            for usage in faults.on_run(traffic.next_run()):
                hit = faults.on_write(usage)
                seconds = rng.lognormvariate(*(AWAY_LN if hit.muted else WRITE_LN)) + hit.delay
                failed = hit.muted or hit.orphaned or seconds > TIMEOUT
                outcome = Outcome.FAILURE if failed else Outcome.SUCCESS
                metrics.record(usage, outcome, round(min(seconds, TIMEOUT), 6))
            arrival = traffic.next_arrival()
        now = stamp
        while begins and begins[0][0] <= stamp:
            faults.begin(begins.pop(0)[1])
        yield stamp, {target: metrics.counts() for target, metrics in exporters.items()}


def _openmetrics(scrapes: Sequence[Scrape]) -> Iterator[str]:
    """The text of `scrapes` in pieces, by family."""
    samples = defaultdict(list)
    for stamp, targets in scrapes:
        for target, counts in targets.items():
            for key, values in counts.items():
                samples[key, target].append((stamp, values))
    for family in FAMILIES:
        name = family.name.removesuffix("_total")
        yield f"# HELP {name} {family.help}\n"
        yield f"# TYPE {name} {family.type}\n"
        for (key, target), found in samples.items():
            if key[0] is family:
                lines = _lines(key, target)
                for stamp, values in found:
                    pairs = zip(lines, values, strict=True)
                    yield "".join([f"{line}{value} {stamp}\n" for line, value in pairs])
    yield "# TYPE up gauge\n"
    for target in scrapes[0][1]:
        yield from (f"up{{{target}}} 1 {stamp}\n" for stamp, _ in scrapes)
    yield "# EOF\n"


def _lines(key: Key, target: str) -> list[str]:
    """The text of each series of `key`, up to its value."""
    return [f"{name}{{{labels_text(labels)},{target}}} " for name, labels in series(key)]


def labels_text(labels: Mapping[str, str]) -> str:
    """The labels as OpenMetrics writes them between braces."""
    return ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the arguments of the command."""
    add = parser.add_argument
    told = "; ".join(f"{name}: {found.description}" for name, found in SCENARIOS.items())
    add("--scenario", choices=sorted(SCENARIOS), default="healthy", help=told)
    add("--out", type=Path, required=True, metavar="DIR", help="an empty folder")
    hours, interval = number("number of hours", 1e-6, 24.0 * 31), number("interval", 1, 300)
    add("--hours", type=hours, default=HOURS, help="(%(default)s)")
    add("--every", type=interval, default=15, help="seconds between scrapes (%(default)s)")
    add("--replicas", type=number("number of replicas", 1, 100), default=3, help="(%(default)s)")
    add("--rate", type=rate, default=2.0, help="workflow runs a second, of all (%(default)s)")
    add("--seed", type=int, help="the same traffic every time")
    add("--catalogue", type=Path, default=DEFAULT, help="a YAML file of models")


def run(options: argparse.Namespace) -> None:
    """Write a history of the same series that ends now, for promtool to make a TSDB of."""
    replay = _replay(options)
    options.out.mkdir(parents=True, exist_ok=True)
    if not all(found.name.startswith(UNFINISHED) for found in options.out.iterdir()):
        raise ConfigError(f"--out {options.out}: is not empty: choose another folder, or empty it")
    size, free = replay.size, shutil.disk_usage(options.out).free
    scrapes = f"{len(replay.stamps) * options.replicas:,} scrapes of {options.replicas} replicas"
    history = f"{options.hours:g} hours of {options.scenario!r}"
    print(f"{history}: {scrapes}, about {decimal(size)}", flush=True)
    if size > free:
        advice = "choose fewer --hours or --replicas, or a longer --every"
        raise ConfigError(f"--out {options.out}: has {decimal(free)} left: {advice}")
    replay.write(options.out)
    print(f"{options.out}: done. In the checkout this starts a Prometheus on it:\n")
    print(_NEXT.format(shlex.quote(str(options.out))), end="")


def _replay(options: argparse.Namespace) -> Replay:
    scenario, end = SCENARIOS[options.scenario], int(time.time())
    least = timedelta(seconds=max([options.every, *(ahead for ahead, _ in scenario.incidents)]))
    if timedelta(hours=options.hours) < least:
        told = f"{options.scenario} needs at least {promql_duration(least)}"
        raise ConfigError(f"--hours {options.hours:g}: {told}")
    return Replay(
        scenario=scenario,
        catalogue=load_catalogue(options.catalogue),
        begin=end - round(options.hours * 3600),
        end=end,
        every=options.every,
        instances=tuple(f"replica-{n + 1}:5001" for n in range(options.replicas)),
        rate=options.rate,
        seed=options.seed,
    )
