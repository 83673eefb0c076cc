"""The command `python -m stack`, and what each of its commands does."""

import argparse
import logging
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from config import Config
from config.file import load
from contract.command import Parser, done
from exporter_stub import control
from exporter_stub.faults import OPTIONS
from exporter_stub.process import port
from exporter_stub.scenarios import LIVE
from stack.demo import FULL_SPEED, SPEED, demo, running
from stack.incidents import NAMES, SILENCE
from stack.journal import note
from stack.launch import Stack, ask_exporters
from stack.ports import Ports
from stack.preview import HISTORIES, preview
from stack.smoke import observe
from stack.supervisor import leftovers, owner, stop
from tools import ROOT, ToolError
from tools.http import answers

DATA = ROOT / ".data"
SCRAPE = 15
"""Seconds between scrapes at speed 1, as the README recommends."""

SPEEDS = [speed for speed in range(1, 61) if 60 % speed == 0]
"""At these speeds a minute of the rules, and so each window, is a whole number of seconds."""

RUNNING = ("up", "demo", "smoke", "preview")
"""The commands that run something until they end."""

WELL, NONE_RUNS, UNWELL = 0, 3, 4
"""Exit codes; the last two are of `status`."""


def main() -> int:
    """Run the command. 0: done; 1: could not run; 2: bad input; 128 + n: ended by signal n."""
    options = _parser().parse_args()
    logging.getLogger("exporter_stub").setLevel(logging.ERROR)  # not the faults of histories
    run, _ = _COMMANDS[options.command]
    code = done(options.command, partial(run, options))
    # A signal, as of Ctrl-C or `make down`, is the normal end of these; a demo is not done then.
    return WELL if code > 128 and options.command in ("up", "preview") else code


def _parser() -> argparse.ArgumentParser:
    top = Parser(
        prog="python -m stack",
        description="PostgreSQL, two exporters, Prometheus with the rules, Alertmanager, a pager.",
        epilog="example: python -m stack demo --scenario token-spike --prometheus-port 19090",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--data-dir", type=Path, help="for logs and data (below .data/)")
        if name in RUNNING:
            _add_options(command, name)
        elif name == "fault":
            control.add_fault(command)
    return top


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
        add("--speed", **pace, help=f"{told} ({SPEED}; {FULL_SPEED} with --full)")
    elif name == "preview":
        add("--scenario", choices=HISTORIES, default="outage", help="(%(default)s)")
        add("--picture", type=Path, metavar="FILE", help="write the page as a PNG, and end")
    else:
        add("--scenario", choices=LIVE, default="steady", help="(%(default)s)")
        add("--rules", type=Path, metavar="FILE", help="others than the built ones")
        add("--speed", **pace, default=1, help=f"{told} (%(default)s)")
    if name != "smoke":
        add("--open", action="store_true", help="open the page in a browser")


def _demo(options: argparse.Namespace) -> int:
    speed = options.speed or (FULL_SPEED if options.full else SPEED)
    names = (options.scenario,) if options.scenario else NAMES
    scenario = "silent" if SILENCE in names else "healthy"
    stack = _stack(options, scenario, rate=5.0, speed=speed)
    return demo(stack, names, full=options.full, browser=options.open)


def _smoke(options: argparse.Namespace) -> None:
    # More traffic, because it waits for a failure, and those are rare.
    stack = _stack(options, options.scenario, rate=15.0, scrape=5, speed=options.speed)
    with running(stack):
        stack.start_all()
        stack.journal.step("waiting for the first scrapes and the first rule evaluation")
        stack.journal.show(observe(stack))
        stack.journal.end("every series and rule was seen to work")
    print("stopped everything")


def _up(options: argparse.Namespace) -> None:
    stack = _stack(options, options.scenario, rate=2.0, speed=options.speed)
    with running(stack, browser=options.open):
        stack.start_all()
        for name, where in stack.journal.links.items():
            stack.journal.say(f"{name}: {where}")
        stack.journal.say("the addresses of all parts, Prometheus as well: make status")
        stack.journal.say(f"logs and data: {stack.folder}")
        stack.journal.say("to disturb it: make fault NAME=persistence-muted FOR=5m")
        stack.journal.step("running until Ctrl-C or `make down`")
        while True:
            stack.supervisor.pause()


def _preview(options: argparse.Namespace) -> None:
    preview(
        _folders(options)[0],
        options.scenario,
        _config(options),
        port=Ports.chosen(vars(options)).page_port,
        picture=options.picture,
        browser=options.open,
    )


def _fault(options: argparse.Namespace) -> None:
    """Send a fault to every exporter of the running stack."""
    running = (one for one in _folders(options) if one.name != "preview" and owner(one))
    if (folder := next(running, None)) is None:
        raise ToolError("no stack is running (a preview has no exporter): start it with `make up`")
    print("\n".join(ask_exporters(folder, Ports.read(folder), *control.asked(options))))
    if options.name:
        given = [f"{name}={one}" for name in OPTIONS if (one := getattr(options, name))]
        note(folder, " ".join([options.name, *given, "begins"]))
    elif options.clear:
        note(folder, "faults are ended")


def _status(options: argparse.Namespace) -> int:
    """0: a stack runs and each part answers; 3: none runs; 4: a part fails, or it was killed."""
    codes = []
    for folder in _folders(options):
        if process := owner(folder):
            print(f"{folder}: process {process}")
            codes.append(WELL)
            parts = {} if folder.name == "preview" else Ports.read(folder).health()
            for name, url in parts.items():
                codes.append(WELL if answers(url) else UNWELL)
                print(f"{name}: {'does not answer' if codes[-1] else 'answers'} on {url}")
        elif left := leftovers(folder):
            print(f"{folder}: {len(left)} processes of a killed stack are left: `make down`")
            codes.append(UNWELL)
    if not codes:
        print("no stack is running")
    return max(codes, default=NONE_RUNS)


def _down(options: argparse.Namespace) -> None:
    stopped = [folder for folder in _folders(options) if stop(folder)]
    print("stopped" if stopped else "nothing was running")


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int | None], str]] = {
    "demo": (_demo, "rehearse incidents, from a dead database to a page, and end"),
    "smoke": (_smoke, "run until every series and rule is seen to work, and end"),
    "up": (_up, "run until Ctrl-C or down"),
    "preview": (_preview, "show the dashboard of a replayed history, or write its picture"),
    "fault": (_fault, "begin a fault on the exporters that run, list or end them"),
    "status": (_status, "tell what runs, and where"),
    "down": (_down, "end what runs, and what a killed one left"),
}


def _stack(
    options: argparse.Namespace, scenario: str, *, rate: float, speed: int, scrape: int = SCRAPE
) -> Stack:
    config = replace(_config(options), labels=())  # the stack is one system, without labels
    return Stack(
        folder=_folders(options)[0],
        ports=Ports.chosen(vars(options)),
        config=config.at_speed(speed),
        scenario=scenario,
        rate=rate,
        speed=speed,
        scrape=max(1, scrape // speed),
        rules=getattr(options, "rules", None),
    )


def _config(options: argparse.Namespace) -> Config:
    config = load(options.config)
    if options.config:
        print(f"{options.command}: the rules have the values of {options.config}", flush=True)
    return config


def _folders(options: argparse.Namespace) -> list[Path]:
    """The folder of a command that runs something; of the others, each that may have one."""
    if options.data_dir:
        return [Path(options.data_dir).resolve()]
    names = [options.command] if options.command in RUNNING else RUNNING
    return [DATA / name for name in names]


if __name__ == "__main__":
    sys.exit(main())
