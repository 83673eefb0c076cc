"""The command line of `python -m stack`."""

import argparse
from dataclasses import fields
from pathlib import Path

from exporter_stub.arguments import count, port
from exporter_stub.scenarios import LIVE
from stack.demo import SPEED
from stack.incidents import INCIDENTS
from stack.ports import Ports

COMMANDS = {
    "demo": "rehearse incidents, from a dead database to a page, and end",
    "smoke": "run until every series and rule is seen to work, and end",
    "up": "run until Ctrl-C or down",
    "status": "tell what runs, and where",
    "down": "end what runs, and what a killed one left",
}


def parser() -> argparse.ArgumentParser:
    """Of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m stack",
        description="PostgreSQL, two exporters, Prometheus with the rules, Alertmanager, a pager.",
        epilog="example: python -m stack demo --scenario token-spike --prometheus-port 19090",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(
            name, help=text, description=text, epilog=f"example: python -m stack {name}"
        )
        command.add_argument("--data-dir", type=Path, help="for logs and data (below .data/)")
        if name not in ("status", "down"):
            _add_ports(command)
        if name == "demo":
            _add_demo(command)
        if name in ("smoke", "up"):
            _add_playground(command)
    return top


def ports(options: argparse.Namespace) -> Ports:
    """Those that were chosen."""
    return Ports(**{field.name: getattr(options, field.name) for field in fields(Ports)})


def _add_ports(command: argparse.ArgumentParser) -> None:
    for field in fields(Ports):
        option = f"--{field.name.replace('_', '-')}"
        command.add_argument(option, type=port, default=field.default, help="(%(default)s)")


def _add_demo(command: argparse.ArgumentParser) -> None:
    told = "; ".join(f"{name}: {found.story}" for name, found in INCIDENTS.items())
    command.add_argument(
        "--scenario", choices=[*INCIDENTS], help=f"rehearse one of them, not all ({told})"
    )
    command.add_argument(
        "--speed",
        type=count("speed", 60),
        default=SPEED,
        help="how much faster than in production the rules run (%(default)s)",
    )


def _add_playground(command: argparse.ArgumentParser) -> None:
    command.add_argument("--scenario", choices=LIVE, default="steady", help="(%(default)s)")
    command.add_argument(
        "--speed", type=count("speed", 60), default=1, help="of the built rules (%(default)s)"
    )
    command.add_argument(
        "--rules", type=Path, metavar="FILE", help="other rules than the built ones"
    )
