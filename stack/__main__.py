"""The command `python -m stack`."""

import argparse
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from contract.config import Config
from delivery.targets import ALERTS, build
from delivery.writer import write
from exporter_stub.arguments import port
from exporter_stub.scenarios import LIVE
from stack.demo import observe, show
from stack.launch import Settings, launch
from stack.supervisor import ENDING_SIGNALS, StackError, Supervisor, stop
from tools import ROOT

DATA = ROOT / ".data"


class Interrupted(BaseException):
    """A signal asked us to end."""

    def __init__(self, number: int) -> None:
        """Remember which, for the exit code."""
        self.number = number


def main() -> int:
    """Run the command. 0: done; 1: could not run; 2: bad input; 128 + n: ended by signal n."""
    options = _parser().parse_args()
    for number in ENDING_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        match options.command:
            case "demo":
                return _demo(_settings(options, options.data_dir or DATA / "demo"))
            case "up":
                return _up(_settings(options, options.data_dir or DATA / "up"))
            case _:
                return _down(
                    [options.data_dir] if options.data_dir else [DATA / "up", DATA / "demo"]
                )
    except StackError as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{options.command}: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return 1
    except Interrupted as interrupted:
        print(f"{options.command}: stopped", file=sys.stderr)
        # Ctrl-C and `make down` are the ways to end `up`; a demo that is cut short showed nothing.
        return 0 if options.command == "up" else 128 + interrupted.number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stack",
        description="Run the exporter and a real Prometheus with the built rules.",
        epilog="example: python -m stack demo --prometheus-port 19090",
    )
    parser.add_argument(
        "command",
        choices=("demo", "up", "down"),
        help="demo: until all is seen to work; up: until Ctrl-C or down",
    )
    parser.add_argument("--exporter-port", type=port, default=5001, help="(%(default)s)")
    parser.add_argument("--prometheus-port", type=port, default=9090, help="(%(default)s)")
    parser.add_argument("--scenario", choices=sorted(LIVE), default="steady", help="(%(default)s)")
    parser.add_argument(
        "--rules", type=Path, metavar="FILE", help="other rules than the built ones"
    )
    parser.add_argument("--data-dir", type=Path, help="folder for logs and data (below .data/)")
    return parser


def _settings(options: argparse.Namespace, folder: Path) -> Settings:
    return Settings(
        folder=folder.resolve(),
        rules=options.rules or ROOT / ALERTS,
        exporter_port=options.exporter_port,
        prometheus_port=options.prometheus_port,
        scenario=options.scenario,
        # The demo is busier: it waits for a failure, and those are rare.
        rate=15.0 if options.command == "demo" else 2.0,
    )


def _demo(settings: Settings) -> int:
    changed = write(ROOT, build(Config()))
    _say(f"built the files below cluster/, {len(changed)} changed")
    with Supervisor(settings.folder) as supervisor:
        for name in ("exporter", "prometheus"):  # what an earlier demo saw is not seen now
            shutil.rmtree(settings.folder / name, ignore_errors=True)
        api = launch(settings, supervisor, _say)
        show(observe(api, supervisor, _say), settings)
    _say("stopped everything")
    return 0


def _up(settings: Settings) -> int:
    write(ROOT, build(Config()))
    with Supervisor(settings.folder) as supervisor:
        launch(settings, supervisor, _say)
        for name, address in settings.addresses().items():
            _say(f"{name}: {address}")
        _say("running until Ctrl-C or `make down`")
        while True:
            supervisor.check()
            time.sleep(0.5)


def _down(folders: list[Path]) -> int:
    stopped = [folder for folder in folders if stop(folder.resolve())]
    _say("stopped" if stopped else "nothing was running")
    return 0


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for caught in ENDING_SIGNALS:
        signal.signal(caught, signal.SIG_IGN)  # cleaning up is not interrupted again
    raise Interrupted(number)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
