"""What each command of `python -m stack` does."""

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

from config.file import load
from contract.file import ConfigError
from stack.demo import FULL, SHORT, demo, running
from stack.incidents import NAMES, SILENCE
from stack.journal import note
from stack.launch import Settings, tell_exporters
from stack.options import RUNNING, parser, ports
from stack.ports import Ports
from stack.preview import preview
from stack.smoke import observe
from stack.supervisor import ENDING_SIGNALS, StackError, leftovers, owner, stop
from tools import ROOT, ToolError
from tools.http import answers

DATA = ROOT / ".data"
SCRAPE = 15
"""Seconds between scrapes at speed 1, as the README recommends."""

WELL, FAILED, BAD_INPUT, NONE_RUNS, UNWELL = 0, 1, 2, 3, 4
"""Exit codes; the last two are of `status`."""


class Interrupted(BaseException):
    """A signal asked us to end."""

    def __init__(self, number: int) -> None:
        """Remember the signal's number, for the exit code."""
        self.number = number


def main() -> int:
    """Run the command. 0: done; 1: could not run; 2: bad input; 128 + n: ended by signal n."""
    commands = parser()
    options, rest = commands.parse_known_args()
    if rest and options.command != "fault":
        commands.error(f"{options.command} has no option {rest[0]}")
    options.rest = rest
    for number in ENDING_SIGNALS:
        signal.signal(number, _interrupt)
    logging.getLogger("exporter_stub").setLevel(logging.ERROR)  # not the faults of histories
    try:
        return _COMMANDS[options.command](options)
    except (ConfigError, StackError, ToolError) as error:
        said, code = str(error), BAD_INPUT if isinstance(error, ConfigError) else FAILED
    except OSError as error:
        said, code = f"{error.filename or 'output'}: {error.strerror or error}", FAILED
    except Interrupted as interrupted:
        # Ctrl-C and `make down` are the normal end of these; an interrupted demo is no success.
        ended = options.command in ("up", "preview")
        said, code = "stopped", WELL if ended else 128 + interrupted.number
    print(f"{options.command}: {said}", file=sys.stderr)
    return code


def _demo(options: argparse.Namespace) -> int:
    pace = FULL if options.full else SHORT
    names = (options.scenario,) if options.scenario else NAMES
    scenario = "silent" if SILENCE in names else "healthy"
    settings = _settings(options, scenario, rate=5.0, speed=options.speed or pace.speed)
    return demo(settings, pace, names, browser=options.open)


def _smoke(options: argparse.Namespace) -> int:
    # More traffic, because it waits for a failure, and those are rare.
    settings = _settings(options, options.scenario, rate=15.0, scrape=5)
    with running(settings) as stack:
        stack.start_all()
        stack.journal.step("waiting for the first scrapes and the first rule evaluation")
        tables = observe(stack)
    stack.journal.show(*tables)
    print("stopped everything")
    return WELL


def _up(options: argparse.Namespace) -> int:
    settings = _settings(options, options.scenario, rate=2.0)
    with running(settings, browser=options.open) as stack:
        stack.start_all()
        journal = stack.journal
        for name, where in settings.ports.pages().items():
            journal.say(f"{name}: {where}")
        journal.say(f"logs and data: {settings.folder}")
        journal.say("to disturb it: make fault NAME=token-spike MODEL=gpt-4o FOR=2m")
        journal.step("running until Ctrl-C or `make down`")
        while True:
            stack.supervisor.pause()


def _preview(options: argparse.Namespace) -> int:
    return preview(
        _folder(options),
        options.scenario,
        load(options.config),
        port=ports(options).page_port,
        picture=options.picture,
        browser=options.open,
    )


def _fault(options: argparse.Namespace) -> int:
    """Send a fault to every exporter of the running stack."""
    folder = next((one for one in _folders(options) if owner(one)), None)
    if folder is None:
        raise StackError("no stack is running: start one with `make up`")
    print("\n".join(tell_exporters(folder, Ports.read(folder), *options.rest)))
    if options.rest and options.rest != ["--list"]:
        note(folder, " ".join(options.rest))
    return WELL


def _status(options: argparse.Namespace) -> int:
    """0: a stack runs and each part answers; 3: none runs; 4: a part fails, or it was killed."""
    told = [code for folder in _folders(options) for code in _told(folder)]
    if not told:
        print("no stack is running")
        return NONE_RUNS
    return max(told)


def _told(folder: Path) -> Iterator[int]:
    process = owner(folder)
    if not process:
        left = leftovers(folder)
        if left:
            print(f"{folder}: {len(left)} processes of a killed stack are left: `make down`")
            yield UNWELL
        return
    print(f"{folder}: process {process}")
    yield WELL
    if folder.name == "preview":
        return
    for name, url in Ports.read(folder).health().items():
        well = answers(url)
        print(f"{name}: {'answers' if well else 'does not answer'} on {url}")
        yield WELL if well else UNWELL


def _down(options: argparse.Namespace) -> int:
    stopped = [folder for folder in _folders(options) if stop(folder)]
    print("stopped" if stopped else "nothing was running")
    return WELL


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "demo": _demo,
    "smoke": _smoke,
    "up": _up,
    "preview": _preview,
    "fault": _fault,
    "status": _status,
    "down": _down,
}


def _settings(
    options: argparse.Namespace,
    scenario: str,
    *,
    rate: float,
    scrape: int = SCRAPE,
    speed: int | None = None,
) -> Settings:
    """The settings from the command line."""
    speed = speed or options.speed
    config = replace(load(options.config), labels=())  # the stack is one system, without labels
    return Settings(
        folder=_folder(options),
        ports=ports(options),
        config=config.at_speed(speed),
        scenario=scenario,
        rate=rate,
        speed=speed,
        scrape=max(1, scrape // speed),
        rules=getattr(options, "rules", None),
    )


def _folder(options: argparse.Namespace) -> Path:
    return Path(options.data_dir or DATA / options.command).resolve()


def _folders(options: argparse.Namespace) -> list[Path]:
    if options.data_dir:
        return [Path(options.data_dir).resolve()]
    return [DATA / name for name in RUNNING]


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for caught in ENDING_SIGNALS:
        signal.signal(caught, signal.SIG_IGN)  # cleaning up is not interrupted again
    raise Interrupted(number)
