"""The command `python -m sync`."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from rich.console import Console

from sync.alertmanager import Alertmanager
from sync.changes import Change, Comparison, lines
from sync.client import Client, LiveError
from sync.git import Checkout, FileError
from sync.grafana import Grafana
from sync.grafana_admin import KINDS, reload
from sync.prometheus import Prometheus
from sync.settings import Server, Settings, SettingsError, from_environment
from tools import ROOT

SAME, DIFFERENT, FAILED = 0, 1, 2
"""Exit codes: live is what Git has; it is not; it could not be told."""


class Target(Protocol):
    """A live server, and what Git has for it."""

    def compare(self) -> Comparison:
        """What differs."""

    def apply(self, changes: tuple[Change, ...]) -> list[str]:
        """Apply what can be, and say what was done."""


class Output:
    """Prints, with every secret hidden, whoever repeated it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Hide `secrets`."""
        self._secrets = sorted(secrets, key=len, reverse=True)
        self._out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

    def say(self, text: str, style: str | None = None) -> None:
        """One line on standard output."""
        self._out.print(self._hidden(text), style=style)

    def fail(self, text: str) -> None:
        """One line on standard error."""
        print(self._hidden(text), file=sys.stderr)

    def change(self, change: Change) -> None:
        """A difference; in a terminal - is red and + is green."""
        for line in lines(change):
            self.say(line, {"-": "red", "+": "green"}.get(line[4:5]))

    def _hidden(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "(secret)")
        return text


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
        command = commands.add_parser(
            name, help=text, description=text, epilog=f"example: python -m sync {name}"
        )
        if name != "grafana-reload":
            command.add_argument(
                "--root", type=Path, default=ROOT, help="the folder that holds cluster/"
            )
    return parser


def _reload(settings: Settings, output: Output) -> int:
    if settings.grafana is None:
        output.fail("grafana-reload: GRAFANA_URL is not set, for example http://localhost:3000")
        return FAILED
    client = Client(settings.grafana)
    well = True
    for kind in KINDS:
        try:
            output.say(f"{kind}: {reload(client, kind)}")
        except LiveError as error:
            output.fail(f"grafana-reload: {kind}: {error}")
            well = False
    return SAME if well else DIFFERENT


def _targets(settings: Settings, checkout: Checkout) -> list[tuple[Server, Target]]:
    made: list[tuple[Server | None, Callable[[Client], Target]]] = [
        (settings.prometheus, lambda client: Prometheus(client, checkout)),
        (settings.alertmanager, lambda client: Alertmanager(client, checkout)),
        (
            settings.grafana,
            lambda client: Grafana(client, checkout, alerts=settings.grafana_alerts),
        ),
    ]
    return [(server, make(Client(server))) for server, make in made if server is not None]


def _compare(command: str, settings: Settings, checkout: Checkout, output: Output) -> int:
    """Compare every server; one that fails keeps none of the others back."""
    codes = [SAME]
    for server, target in _targets(settings, checkout):
        output.say(f"{server.name} {server.url}")
        try:
            comparison = target.compare()
            if command == "sync" and comparison.changes:
                comparison = _applied(target, comparison, codes, output)
            _show(comparison, output)
            codes.append(DIFFERENT if comparison.changes else SAME)
        except (LiveError, FileError) as error:
            output.fail(f"{command}: {error}")
            codes.append(FAILED)
    return max(codes)


def _applied(target: Target, found: Comparison, codes: list[int], output: Output) -> Comparison:
    """What differs once what can be applied is; where that fails, what differed before."""
    try:
        for said in target.apply(found.changes):
            output.say(f"  sync: {said}")
    except LiveError as error:
        output.fail(f"sync: {error}")
        codes.append(FAILED)
        return found
    return target.compare()


def _show(comparison: Comparison, output: Output) -> None:
    for note in comparison.notes:
        output.say(f"  note: {note}")
    for change in comparison.changes:
        output.change(change)
    count = len(comparison.changes)
    if count:
        output.say(f"  {count} difference{'s' * (count > 1)}: - is live, + is in Git")
    else:
        output.say("  the same as in Git")


if __name__ == "__main__":
    sys.exit(main())
