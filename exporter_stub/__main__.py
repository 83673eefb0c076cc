"""The command `python -m exporter_stub` with its subcommands serve, replay, postgres and fault."""

import sys

from contract.file import ConfigError
from exporter_stub import control, postgres, replay, serve
from exporter_stub.process import Parser, end_on_signals, log_to_stderr

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
    end_on_signals()
    try:
        _COMMANDS[options.command][0].run(options)
        return 0
    except ConfigError as error:
        said, code = str(error), 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        said, code = f"{where}{error.strerror or error}", 1
    except KeyboardInterrupt as stopped:
        if options.command in _ENDLESS:
            return 0
        said, code = "stopped", 128 + stopped.args[0]
    print(f"exporter_stub: {said}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
