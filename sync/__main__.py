"""The command `python -m sync`."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from rich.console import Console

from sync.alertmanager import Alertmanager
from sync.checkout import Checkout, FileError
from sync.client import Client, LiveError
from sync.comparison import Comparison, lines
from sync.grafana import KINDS, reload
from sync.grafana_alerting import Alerting
from sync.grafana_dashboards import Dashboards
from sync.prometheus import Prometheus
from sync.settings import Settings, SettingsError, from_environment
from tools import ROOT
from tools.arguments import Parser

SAME, DIFFERENT, FAILED = 0, 1, 2
"""Exit codes: live equals Git; it differs; the comparison failed."""


class Target(Protocol):
    """One kind of thing that is compared and applied, such as dashboards."""

    def compare(self) -> Comparison:
        """The differences."""

    def apply(self, found: Comparison) -> Iterator[str]:
        """Apply what can be applied, and report each change once it is done."""


class Output:
    """Prints text with every secret hidden, even if a server repeated it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Hide `secrets`."""
        self._secrets = sorted(secrets, key=len, reverse=True)
        self._failures: set[str] = set()

    def say(self, text: str, style: str | None = None, *, error: bool = False) -> None:
        """Print one line, on standard error if it is an `error`."""
        for secret in self._secrets:
            text = text.replace(secret, "(secret)")
        plain = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=error)
        plain.print(text, style=style)

    def fail(self, text: str) -> None:
        """Print an error, unless it was printed before, as when all calls to a server fail."""
        if text not in self._failures:
            self.say(text, error=True)
        self._failures.add(text)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = from_environment(os.environ)
    except SettingsError as error:
        Output().fail(f"{options.command}: {error}")
        return FAILED
    output = Output(settings.secrets())
    if options.command == "grafana-reload":
        return _reload(settings, output)
    return _compare(options.command, settings, Checkout(options.root.resolve()), output)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m sync",
        description="Compare a running Prometheus, Alertmanager and Grafana with cluster/. Their "
        "addresses and tokens come from the environment: docs/live.md.",
        epilog="exit code: 0 the same, 1 different (of grafana-reload: refused), 2 could not tell. "
        "example: PROMETHEUS_URL=http://localhost:9090 python -m sync diff",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("diff", "tell what is live and not in Git, and the other way round"),
        ("sync", "apply what an API can apply, and compare again; nothing is deleted"),
        ("grafana-reload", "have Grafana read its provisioning files again"),
    ):
        example = f"example: python -m sync {name}"
        command = commands.add_parser(name, help=text, description=text, epilog=example)
        if name != "grafana-reload":
            told = "the folder that holds cluster/"
            command.add_argument("--root", type=Path, default=ROOT, help=told)
    return parser


def _reload(settings: Settings, output: Output) -> int:
    if settings.grafana is None:
        output.fail("grafana-reload: GRAFANA_URL is not set, for example http://localhost:3000")
        return FAILED
    client = Client(settings.grafana)
    code = SAME
    for kind in KINDS:
        try:
            output.say(f"{kind}: {reload(client, kind)}")
        except LiveError as error:
            output.fail(f"grafana-reload: {kind}: {error}")
            code = DIFFERENT
    return code


def _compare(command: str, settings: Settings, checkout: Checkout, output: Output) -> int:
    """Compare every server, even if one of them fails."""
    code = SAME
    for server in filter(None, (settings.prometheus, settings.alertmanager, settings.grafana)):
        output.say(f"{server.name} {server.url}")
        client = Client(server)
        targets: dict[str, tuple[Target, ...]] = {
            "Prometheus": (Prometheus(client, checkout),),
            "Alertmanager": (Alertmanager(client, checkout),),
            "Grafana": (
                Dashboards(client, checkout),
                Alerting(client, checkout, settings.grafana_alerts),
            ),
        }
        server_code = max([_one(command, target, output) for target in targets[server.name]])
        if server_code == SAME:
            output.say("  the same as in Git")
        code = max(code, server_code)
    return code


def _one(command: str, target: Target, output: Output) -> int:
    """Compare and apply one target; report what was applied and compare again, even on failure."""
    failed = False
    try:
        found = target.compare()
        if command == "sync" and found.changes:
            try:
                for said in target.apply(found):
                    output.say(f"  sync: {said}")
            except LiveError as error:
                output.fail(f"sync: {error}")
                failed = True
            found = target.compare()
    except (LiveError, FileError) as error:
        output.fail(f"{command}: {error}")
        return FAILED
    _show(found, output)
    return FAILED if failed else DIFFERENT if found.changes else SAME


def _show(comparison: Comparison, output: Output) -> None:
    for note in comparison.notes:
        output.say(f"  note: {note}")
    for line in (line for change in comparison.changes for line in lines(change)):
        output.say(line, {"-": "red", "+": "green"}.get(line[4:5]))  # only terminals show colours
    if count := len(comparison.changes):
        output.say(f"  {count} difference{'s' * (count > 1)}: - is live, + is in Git")


if __name__ == "__main__":
    sys.exit(main())
