"""The command `python -m exporter_stub` with its subcommands serve, replay, postgres and fault."""

import sys
from functools import partial

from contract.command import Parser, done
from exporter_stub import control, postgres, replay, serve
from exporter_stub.process import end_on_crash, log_to_stderr

_COMMANDS = {
    "serve": (serve, "MONITORING_ENABLED=true python -m exporter_stub --control-port 5002"),
    "replay": (replay, "python -m exporter_stub replay --scenario outage --hours 25 --out history"),
    "postgres": (postgres, "python -m exporter_stub postgres --data-dir .data/postgres"),
    "fault": (control, "python -m exporter_stub fault token-spike --for 10m --provider openai"),
}
"""The module of each command, whose `run` says what it does, and an example."""

_ENDLESS = ("serve", "postgres")  # they run until a signal ends them


def main() -> int:
    """Run a command. 0: done; 1: it failed; 2: bad input; 128 + n: cut off by signal n."""
    given = sys.argv[1:]
    if not given or given[0] not in (*_COMMANDS, "-h", "--help"):
        given = ["serve", *given]
    parser = Parser(
        prog="python -m exporter_stub",
        description="The reference exporter of Compozy's LLM usage metrics.",
        epilog=f"example: {_COMMANDS['serve'][1]}",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (module, example) in _COMMANDS.items():
        does = str(module.run.__doc__).partition("\n")[0]
        told = f"example: {example}"
        command = commands.add_parser(name, help=does, description=does, epilog=told)
        module.add_arguments(command)
    options = parser.parse_args(given)
    sys.setswitchinterval(0.0005)  # not 5 ms: during a scrape, a write waits so long several times
    log_to_stderr(getattr(options, "log_format", "plain"))
    crashed = end_on_crash()
    run = partial(_COMMANDS[options.command][0].run, options)
    code = done("exporter_stub", run, endless=options.command in _ENDLESS)
    return 1 if crashed.is_set() else code


if __name__ == "__main__":
    sys.exit(main())
