"""The command `python -m sync`."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from contract.command import Parser
from contract.file import ConfigError
from sync import alertmanager, grafana_alerting, grafana_dashboards, prometheus
from sync.client import Client, LiveError
from sync.comparison import Part
from sync.grafana import KINDS, reload
from sync.settings import flag, servers
from tools import ROOT

T = TypeVar("T")
Say = Callable[..., None]
"""Prints one line, with the secrets of all servers hidden, even if a server repeats its own."""
SERVERS = ("Prometheus", "Alertmanager", "Grafana")
SAME, DIFFERENT, FAILED = 0, 1, 2
"""Exit codes: live equals Git; it differs; the comparison failed."""


def main() -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args()
    reloading = options.command == "grafana-reload"
    try:
        found = servers(os.environ, *(["Grafana"] if reloading else SERVERS))
        alerts = flag(os.environ, "GRAFANA_ALERTS")
    except ConfigError as error:
        _say([], f"{options.command}: {error}", error=True)
        return FAILED
    secrets = (secret for server in found for secret in server.secrets)
    # The longest first, as one may hold another.
    say = partial(_say, sorted(secrets, key=len, reverse=True))
    if reloading:
        return _reload(found[0], say)
    code = SAME
    for client in found:  # even if one of them fails
        say(f"{client.name} {client.url}")
        compare = partial(_parts, client, options.root.resolve(), grafana_alerts=alerts)
        code = max(code, _run(options.command, compare, say))
    return code


def _say(
    secrets: Iterable[str], text: str, style: str | None = None, *, error: bool = False
) -> None:
    """Print one line without the `secrets`, on standard error if it is an `error`."""
    for secret in secrets:
        text = text.replace(secret, "(secret)")
    plain = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=error)
    plain.print(text, style=style)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m sync",
        description="Compare a running Prometheus, Alertmanager and Grafana with cluster/. Their "
        "addresses and tokens come from the environment: docs/live.md.",
        epilog="exit code: 0 the same, 1 different (of grafana-reload: refused), 2 could not tell. "
        "example: PROMETHEUS_URL=http://localhost:9090 python -m sync diff",
    )
    parser.add_argument(
        "command",
        metavar="COMMAND",
        choices=("diff", "sync", "grafana-reload"),
        help="diff tells what is live and not in Git, and the other way round; sync applies what "
        "an API can apply, and compares again: nothing is deleted; grafana-reload has Grafana read "
        "its provisioning files again",
    )
    told = "the folder that holds cluster/"
    parser.add_argument("--root", type=Path, default=ROOT, help=told)
    return parser


def _reload(client: Client, say: Say) -> int:
    code = SAME
    for kind in KINDS:
        try:
            say(f"{kind}: {reload(client, kind)}")
        except LiveError as error:
            say(f"grafana-reload: {kind}: {error}", error=True)
            code = DIFFERENT
    return code


def _parts(client: Client, root: Path, *, grafana_alerts: bool) -> Iterator[Part]:
    """What is compared on one server. Raises LiveError or ConfigError."""
    match client.name:
        case "Prometheus":
            yield from prometheus.parts(client, root)
        case "Alertmanager":
            yield from alertmanager.parts(client, root)
        case _:
            yield from grafana_dashboards.parts(client, root)
            yield from grafana_alerting.parts(client, root, wanted=grafana_alerts)


def _run(command: str, compare: Callable[[], Iterator[Part]], say: Say) -> int:
    """Compare a server; apply what differs, and compare again, even after an error."""
    errors: list[str] = []
    found = list(_until_error(compare(), errors))
    if command == "sync" and any(part.changes for part in found):
        errors.clear()
        for part in found:
            for done in _until_error(part.applied(), errors):
                say(f"  sync: {done}")
        found = list(_until_error(compare(), errors))
    _show(found, say)
    for error in errors:
        say(f"{command}: {error}", error=True)
    if errors:
        return FAILED
    if any(part.changes for part in found):
        return DIFFERENT
    say("  the same as in Git")
    return SAME


def _until_error(found: Iterator[T], errors: list[str]) -> Iterator[T]:
    """What is found; an error ends that, and is added to `errors`."""
    try:
        yield from found
    except (LiveError, ConfigError) as error:
        errors.append(str(error))


def _show(found: Iterable[Part], say: Say) -> None:
    for note in (note for part in found for note in part.notes):
        say(f"  note: {note}")
    changes = [change for part in found for change in part.changes]
    for line in "\n".join(changes).splitlines():
        say(line, {"-": "red", "+": "green"}.get(line[4:5]))  # only terminals show colours
    if count := len(changes):
        say(f"  {count} difference{'s' * (count > 1)}: - is live, + is in Git")


if __name__ == "__main__":
    sys.exit(main())
