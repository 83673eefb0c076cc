"""The command line of `python -m stack`."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from exporter_stub.arguments import port
from exporter_stub.scenarios import LIVE
from stack.incidents import NAMES
from stack.ports import Ports
from stack.replay import HISTORIES
from tools.arguments import Parser

SPEEDS = [speed for speed in range(1, 61) if 60 % speed == 0]
"""At these speeds a minute of the rules, and so each window, is a whole number of seconds."""

RUNNING = ("up", "demo", "smoke", "preview")
"""The commands that run something until they end."""

COMMANDS = {
    "demo": "rehearse incidents, from a dead database to a page, and end",
    "smoke": "run until every series and rule is seen to work, and end",
    "up": "run until Ctrl-C or down",
    "preview": "show the dashboard of a replayed history until Ctrl-C, or write its picture",
    "fault": "begin a fault on the exporters that run; takes what `exporter_stub fault` takes",
    "status": "tell what runs, and where",
    "down": "end what runs, and what a killed one left",
}


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = Parser(
        prog="python -m stack",
        description="PostgreSQL, two exporters, Prometheus with the rules, Alertmanager, a pager.",
        epilog="example: python -m stack demo --scenario token-spike --prometheus-port 19090",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        example = f"example: python -m stack {name}"
        command = commands.add_parser(name, help=text, description=text, epilog=example)
        command.add_argument("--data-dir", type=Path, help="for logs and data (below .data/)")
        if name in RUNNING:
            _add_options(command, name)
    return top


def ports(options: argparse.Namespace) -> Ports:
    """The chosen ports. Raises StackError if they are not possible."""
    given = {name: getattr(options, name) for name in asdict(Ports())}
    return Ports.chosen(given, options.port_offset)


def _add_options(command: argparse.ArgumentParser, name: str) -> None:
    add = command.add_argument
    for field, default in asdict(Ports()).items():
        add(f"--{field.replace('_', '-')}", type=port, help=f"({default})")
    add("--port-offset", type=int, default=0, help="is added to every default port (0)")
    add("--config", type=Path, metavar="FILE", help="a monitoring.yaml")
    pace: dict[str, Any] = {"type": int, "choices": SPEEDS, "metavar": "TIMES"}
    told = "how many times as fast as in production the rules run"
    if name == "demo":
        add("--scenario", choices=NAMES, help="rehearse one of them, not all")
        add("--full", action="store_true", help="one after another, after a whole day")
        add("--speed", **pace, help=f"{told} (20; 10 with --full)")
    elif name == "preview":
        add("--scenario", choices=HISTORIES, default="outage", help="(%(default)s)")
        add("--picture", type=Path, metavar="FILE", help="write the page as a PNG, and end")
    else:
        add("--scenario", choices=LIVE, default="steady", help="(%(default)s)")
        add("--rules", type=Path, metavar="FILE", help="others than the built ones")
        add("--speed", **pace, default=1, help=f"{told} (%(default)s)")
    if name != "smoke":
        add("--open", action="store_true", help="open the page in a browser")
