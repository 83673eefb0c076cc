"""The command `python -m stack`."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from contract.config import Config
from delivery.targets import ALERTS, rule_file
from stack.demo import demo, playground
from stack.http import answers
from stack.incidents import INCIDENTS, SILENCE
from stack.launch import Settings
from stack.options import parser, ports
from stack.ports import Ports
from stack.smoke import observe, show
from stack.supervisor import ENDING_SIGNALS, StackError, owner, stop
from tools import ROOT

DATA = ROOT / ".data"
SCRAPE = 15
"""Seconds between scrapes at speed 1, as the README recommends."""


class Interrupted(BaseException):
    """A signal asked us to end."""

    def __init__(self, number: int) -> None:
        """Remember which, for the exit code."""
        self.number = number


def main() -> int:
    """Run the command. 0: done; 1: could not run; 2: bad input; 128 + n: ended by signal n."""
    options = parser().parse_args()
    for number in ENDING_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        return _COMMANDS[options.command](options)
    except StackError as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = error.filename or "output"
        print(f"{options.command}: {where}: {error.strerror or error}", file=sys.stderr)
        return 1
    except Interrupted as interrupted:
        print(f"{options.command}: stopped", file=sys.stderr)
        # Ctrl-C and `make down` are the ways to end `up`; a demo that is cut short showed nothing.
        return 0 if options.command == "up" else 128 + interrupted.number


def _demo(options: argparse.Namespace) -> int:
    chosen = {
        name: incident for name, incident in INCIDENTS.items() if options.scenario in (None, name)
    }
    config = Config().at_speed(options.speed)
    scenario = "silent" if SILENCE in chosen else "healthy"
    return demo(_settings(options, config, scenario, rate=2.0), config, chosen)


def _smoke(options: argparse.Namespace) -> int:
    config = Config().at_speed(options.speed)
    # Busier: it waits for a failure, and those are rare.
    settings = _settings(options, config, options.scenario, rate=15.0, scrape=5)
    with playground(settings, _say) as stack:
        show(observe(stack.prometheus, stack.supervisor, _say), settings)
    _say("stopped everything")
    return 0


def _up(options: argparse.Namespace) -> int:
    config = Config().at_speed(options.speed)
    settings = _settings(options, config, options.scenario, rate=2.0)
    with playground(settings, _say) as stack:
        for name, where in settings.addresses().items():
            _say(f"{name}: {where}")
        _say("running until Ctrl-C or `make down`")
        while True:
            stack.supervisor.check()
            time.sleep(0.5)


def _status(options: argparse.Namespace) -> int:
    """0 where one runs and each part answers, otherwise 1."""
    folders = [options.data_dir] if options.data_dir else [DATA / name for name in _RUNNING]
    found = {folder: process for folder in folders if (process := owner(folder.resolve()))}
    if not found:
        _say("no stack is running")
    all_well = bool(found)
    for folder, process in found.items():
        _say(f"{folder}: process {process}")
        for name, url in Ports.read(folder.resolve()).health().items():
            well = answers(url)
            all_well &= well
            _say(f"{name}: {'answers' if well else 'does not answer'} on {url}")
    return int(not all_well)


def _down(options: argparse.Namespace) -> int:
    folders = [options.data_dir] if options.data_dir else [DATA / name for name in _RUNNING]
    stopped = [folder for folder in folders if stop(folder.resolve())]
    _say("stopped" if stopped else "nothing was running")
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "demo": _demo,
    "smoke": _smoke,
    "up": _up,
    "status": _status,
    "down": _down,
}
_RUNNING = ("up", "demo", "smoke")


def _settings(
    options: argparse.Namespace, config: Config, scenario: str, rate: float, scrape: int = SCRAPE
) -> Settings:
    """What was chosen; rules are built for `config` into the folder, unless others are given."""
    folder = (options.data_dir or DATA / options.command).resolve()
    rules = getattr(options, "rules", None)
    return Settings(
        folder=folder,
        rules=rules or folder / ALERTS.name,
        built="" if rules else rule_file(config),
        ports=ports(options),
        scenario=scenario,
        rate=rate,
        speed=options.speed,
        scrape=max(1, scrape // options.speed),
    )


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for caught in ENDING_SIGNALS:
        signal.signal(caught, signal.SIG_IGN)  # cleaning up is not interrupted again
    raise Interrupted(number)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
