"""The command `python -m exporter_stub replay`."""

import argparse
import shlex
import shutil
import time
from datetime import timedelta
from pathlib import Path

from rich.filesize import decimal

from contract.durations import promql_duration
from contract.file import ConfigError
from exporter_stub.catalogue import DEFAULT, load_catalogue
from exporter_stub.process import end_on_signals, number, rate
from exporter_stub.replay import UNFINISHED, Replay
from exporter_stub.scenarios import SCENARIOS

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


def run(options: argparse.Namespace) -> int:
    """Print how large the history will be, write it, and print what to do with it."""
    end_on_signals()
    replay = _replay(options)
    options.out.mkdir(parents=True, exist_ok=True)
    if not all(found.name.startswith(UNFINISHED) for found in options.out.iterdir()):
        raise ConfigError(f"--out {options.out}: is not empty: choose another folder, or empty it")
    size, free = replay.size, shutil.disk_usage(options.out).free
    scrapes = len(replay.stamps) * options.replicas
    print(
        f"{options.hours:g} hours of {options.scenario!r}: {scrapes:,} scrapes of "
        f"{options.replicas} replicas, about {decimal(size)}",
        flush=True,
    )
    if size > free:
        raise ConfigError(
            f"--out {options.out}: has {decimal(free)} left: choose fewer --hours or --replicas, "
            "or a longer --every"
        )
    replay.write(options.out)
    print(f"{options.out}: done. In the checkout this starts a Prometheus on it:\n")
    print(_NEXT.format(shlex.quote(str(options.out))), end="")
    return 0


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
