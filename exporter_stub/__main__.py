"""The command `python -m exporter_stub` with its subcommands serve, replay, postgres and fault."""

import sys

from contract.file import ConfigError
from exporter_stub import control, postgres, replay, serve
from exporter_stub.process import Parser, end_on_signals, log_to_stderr

_COMMANDS = {
    "serve": (
        serve,
        "Emit Compozy's LLM usage series, and persist the usage. Runs without its name, too.",
        "MONITORING_ENABLED=true python -m exporter_stub --rate 5 --control-port 5002",
    ),
    "replay": (
        replay,
        "Write a history of the same series that ends now, for promtool to make a TSDB of.",
        "python -m exporter_stub replay --scenario outage --hours 25 --out history",
    ),
    "postgres": (
        postgres,
        "Run the embedded PostgreSQL alone, for several exporters.",
        "python -m exporter_stub postgres --data-dir .data/postgres",
    ),
    "fault": (
        control,
        "Rehearse a fault on a running exporter that has a --control-port; it ends by itself.",
        "python -m exporter_stub fault persistence-muted --for 10m --provider openai",
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command. 0: done, or stopped by a signal; 1: it failed; 2: bad input."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] not in (*_COMMANDS, "-h", "--help"):
        given = ["serve", *given]
    parser = Parser(
        prog="python -m exporter_stub",
        description="The reference exporter of Compozy's LLM usage metrics.",
        epilog=f"example: {_COMMANDS['serve'][2]}",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (module, description, example) in _COMMANDS.items():
        command = commands.add_parser(
            name, help=description, description=description, epilog=f"example: {example}"
        )
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
    print(f"exporter_stub: {said}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
