"""The command `python -m exporter_stub replay`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from contract.file import ConfigError
from exporter_stub.arguments import count, number, rate
from exporter_stub.catalogue import DEFAULT, load_catalogue
from exporter_stub.replay import Plan, Replay
from exporter_stub.scenarios import SCENARIOS

HOURS = 25
"""A day for the baseline of the token-spike alert, and an hour to look at."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--scenario",
        choices=sorted(SCENARIOS),
        default="healthy",
        help="; ".join(f"{name}: {found.description}" for name, found in SCENARIOS.items()),
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="an empty folder")
    parser.add_argument(
        "--hours", type=number("number of hours", 24 * 31), default=HOURS, help="(%(default)s)"
    )
    parser.add_argument(
        "--end", type=count("time", 2**33), metavar="UNIX", help="when it ends, in seconds (now)"
    )
    parser.add_argument(
        "--every", type=count("interval", 300), default=15, help="seconds of a scrape (%(default)s)"
    )
    parser.add_argument(
        "--replicas", type=count("number of replicas", 100), default=3, help="(%(default)s)"
    )
    parser.add_argument(
        "--instance",
        action="append",
        metavar="HOST:PORT",
        help="label of a replica, once for each, instead of --replicas",
    )
    parser.add_argument("--job", default="compozy", help="label of all series (%(default)s)")
    parser.add_argument(
        "--rate", type=rate, default=2.0, help="workflow runs a second, all replicas (%(default)s)"
    )
    parser.add_argument("--seed", type=int, help="the same traffic every time")
    parser.add_argument("--catalogue", type=Path, default=DEFAULT, help="a YAML file of models")
    parser.add_argument("--zero-init", action="store_true", help="series begin at zero")


def run(options: argparse.Namespace) -> int:
    """Write the history, and say what to do with it."""
    end = options.end or int(time.time())
    end -= end % options.every
    begin = end - round(options.hours * 3600)
    instances = options.instance or [f"replica-{n + 1}:5001" for n in range(options.replicas)]
    try:
        plan = Plan(
            scenario=SCENARIOS[options.scenario],
            catalogue=load_catalogue(options.catalogue),
            begin=begin - begin % options.every,
            end=end,
            every=options.every,
            instances=tuple(dict.fromkeys(instances)),
            job=options.job,
            rate=options.rate,
            seed=options.seed,
            zero_init=options.zero_init,
        )
    except ValueError as error:
        raise ConfigError(f"--hours {options.hours:g}: {error}") from None
    options.out.mkdir(parents=True, exist_ok=True)
    if any(options.out.iterdir()):
        raise ConfigError(f"--out {options.out}: is not empty: choose another folder, or empty it")
    with _progress() as tell:
        Replay(plan, options.out, tell).run()
    print(
        f"{options.out}: {options.hours:g} hours of {options.scenario!r}, "
        f"{len(instances)} replicas, a file for each two hours; for each of them:\n"
        f"  promtool tsdb create-blocks-from openmetrics FILE TSDB"
    )
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    """A bar on the terminal, where a person watches."""
    console = Console(file=sys.stderr)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("replaying", total=1.0)
        yield lambda share: progress.update(task, completed=share)
