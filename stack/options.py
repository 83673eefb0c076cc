"""The command line of `python -m stack`."""

import argparse
from dataclasses import asdict
from pathlib import Path

from exporter_stub.arguments import port
from exporter_stub.scenarios import LIVE
from stack.incidents import NAMES
from stack.ports import HIGHEST, Ports
from stack.replay import HISTORIES
from tools.arguments import Parser

SPEEDS = [speed for speed in range(1, 61) if 60 % speed == 0]
"""At these speeds a minute of the rules, and so each window, is a whole number of seconds."""

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
    add = {"demo": _demo, "smoke": _smoke, "up": _up, "preview": _preview}
    for name, text in COMMANDS.items():
        example = f"example: python -m stack {name}"
        command = commands.add_parser(name, help=text, description=text, epilog=example)
        command.add_argument("--data-dir", type=Path, help="for logs and data (below .data/)")
        if name in add:
            _add_ports(command)
            add[name](command)
    return top


def ports(options: argparse.Namespace) -> Ports:
    """The chosen ports. Raises StackError if they are not possible."""
    given = {name: getattr(options, name) for name in asdict(Ports())}
    return Ports.chosen(given, options.port_offset)


def speed(text: str) -> int:
    """Parse how many times as fast as in production the stack runs."""
    if not (text.isdecimal() and int(text) in SPEEDS):
        told = ", ".join(map(str, SPEEDS))
        raise argparse.ArgumentTypeError(f"{text!r} is no speed: one of {told}")
    return int(text)


def _offset(text: str) -> int:
    if not (text.removeprefix("-").isdecimal() and abs(int(text)) <= HIGHEST):
        raise argparse.ArgumentTypeError(f"{text!r} is no offset: a whole number such as 100")
    return int(text)


def _add_ports(command: argparse.ArgumentParser) -> None:
    for name, default in asdict(Ports()).items():
        option = f"--{name.replace('_', '-')}"
        command.add_argument(option, type=port, help=f"({default})")
    command.add_argument(
        "--port-offset", type=_offset, default=0, help="is added to every default port (0)"
    )
    command.add_argument("--config", type=Path, metavar="FILE", help="a monitoring.yaml")


def _demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--scenario", choices=NAMES, help="rehearse one of them, not all")
    command.add_argument("--full", action="store_true", help="one after another, after a whole day")
    _add_speed(command, None, "20; 10 with --full")
    _add_open(command)


def _smoke(command: argparse.ArgumentParser) -> None:
    command.add_argument("--scenario", choices=LIVE, default="steady", help="(%(default)s)")
    command.add_argument("--rules", type=Path, metavar="FILE", help="others than the built ones")
    _add_speed(command, 1, "1")


def _up(command: argparse.ArgumentParser) -> None:
    _smoke(command)
    _add_open(command)


def _preview(command: argparse.ArgumentParser) -> None:
    command.add_argument("--scenario", choices=HISTORIES, default="outage", help="(%(default)s)")
    command.add_argument("--hours", type=float, default=5.0, help="how much is shown (%(default)s)")
    command.add_argument(
        "--picture", type=Path, metavar="FILE", help="write the page as a PNG, and end"
    )
    _add_open(command)


def _add_speed(command: argparse.ArgumentParser, default: int | None, told: str) -> None:
    command.add_argument(
        "--speed",
        type=speed,
        default=default,
        help=f"how many times as fast as in production the rules run ({told})",
    )


def _add_open(command: argparse.ArgumentParser) -> None:
    command.add_argument("--open", action="store_true", help="open the page in a browser")
