"""Start and stop the containers of cluster/docker-compose.yml, with generated passwords.

    python -m tools.compose up        what `make up-compose` runs
    python -m tools.compose down      what `make down-compose` runs
    python -m tools.compose check     what `make test-docker` runs first

Standard library only, so that it runs before anything is installed.
"""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

from tools import ROOT, ToolError
from tools.arguments import Parser, done
from tools.files import OWNER_ONLY, replace
from tools.process import succeeded

FILE = ROOT / "cluster" / "docker-compose.yml"
ENV_FILE = FILE.with_name(".env")
"""Compose reads variables from this file by default. Git ignores it."""

PASSWORDS = ("POSTGRES_PASSWORD", "GRAFANA_PASSWORD")
PORTS = {
    "Grafana": ("GRAFANA_PORT", 3000),
    "Prometheus": ("PROMETHEUS_PORT", 9090),
    "Alertmanager": ("ALERTMANAGER_PORT", 9093),
    "Exporter": ("EXPORTER_PORT", 5001),
}
"""What listens on loopback: the variable that sets the port, and the default port."""

_BYTES = 24  # of randomness in a password: 192 bits
_HEAD = (
    "# Written by make up-compose. The data volumes know these passwords: keep both or neither.\n"
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: run compose, and return the exit code."""
    parser = Parser(
        prog="python -m tools.compose",
        description="Start or stop the containers of cluster/docker-compose.yml.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="build, start and wait until all are healthy")
    down = commands.add_parser("down", help="stop; the data stay in their volumes")
    down.add_argument("--volumes", action="store_true", help="remove the data as well")
    commands.add_parser("check", help="fail where Docker, its compose plugin or engine is missing")
    options = parser.parse_args(arguments)
    calls = {"up": _up, "down": lambda: _down(volumes=options.volumes), "check": command}
    return done("compose", calls[options.command])


def ensure_passwords(file: Path) -> list[str]:
    """Give `file` the passwords that it lacks, and return their names.

    The file is replaced atomically, is readable only by its owner, and keeps its other content.
    """
    text = file.read_text() if file.exists() else _HEAD
    missing = [name for name in PASSWORDS if not re.search(rf"^{name}=.", text, re.MULTILINE)]
    if missing:
        kept = text if text.endswith("\n") else f"{text}\n"
        # URL-safe, because that of PostgreSQL is part of an address.
        lines = (f"{name}={secrets.token_urlsafe(_BYTES)}\n" for name in missing)
        replace(file, kept + "".join(lines), OWNER_ONLY)
    else:
        file.chmod(OWNER_ONLY)
    return missing


def _up() -> None:
    compose = command()
    if ensure_passwords(ENV_FILE):
        print(f"compose: wrote passwords to {ENV_FILE.relative_to(ROOT)}", flush=True)
    _run(compose, "up", "--detach", "--build", "--wait")
    for name, (variable, port) in PORTS.items():
        print(f"{name:<13} http://localhost:{os.environ.get(variable) or port}")
    print(f"Grafana's user is admin, its password GRAFANA_PASSWORD in {ENV_FILE.relative_to(ROOT)}")


def _down(*, volumes: bool) -> None:
    _run(command(), "down", "--remove-orphans", *(["--volumes"] if volumes else []))


def command() -> list[str]:
    """The command of Docker compose. Raises ToolError if it or a Docker engine is missing."""
    for question, missing in (
        (["compose", "version"], "install Docker with its compose plugin"),
        (["version"], "start the engine, or name one in DOCKER_HOST"),
    ):
        try:
            succeeded(["docker", *question], 30)
        except ToolError as error:
            raise ToolError(f"{error}: {missing}") from None
    return ["docker", "compose", "--file", str(FILE)]


def _run(compose: list[str], *arguments: str) -> None:
    """Run compose with its output shown. Even `down` needs values for the passwords."""
    unset = {} if ENV_FILE.exists() else dict.fromkeys(PASSWORDS, "unset")
    command = [*compose, *arguments]
    code = subprocess.run(command, env={**os.environ, **unset}, check=False).returncode
    if code:
        raise ToolError(
            f"docker compose ended with {code}, see its message above; "
            f"`docker compose --file {FILE.relative_to(ROOT)} logs` tells what each container said"
        )


if __name__ == "__main__":
    sys.exit(main())
