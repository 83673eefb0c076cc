"""Find an engine: fetched from its Debian release, else as a container of its official image."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

from rules_tests.engines.index import Engine
from tools import TOOLS_DIR, container
from tools.debian import DebianError, fetch

_START_TIMEOUT = 300  # seconds; a container's image may have to be pulled first
_VERSION = re.compile(r"\((?:\d+:)?(\d+)\.(\d+)")  # name (1:2.42.0+ds-5) release; ...


class EngineError(Exception):
    """An engine was not found; the message says where it was looked for and why not there."""


def command(engine: Engine, tools_dir: Path = TOOLS_DIR) -> tuple[str, ...]:
    """The command that starts the engine's program, once it has started here.

    Raises EngineError where every way fails, or leads to another version.
    """
    tried = []
    for place, search in (
        (f"Debian {engine.suite}", _from_debian),
        ("Docker", lambda wanted, _: _as_container(wanted)),
    ):
        try:
            found = search(engine, tools_dir)
            _start(found)
        except EngineError as error:
            tried.append(f"{place}: {error}")
        else:
            return found
    raise EngineError(
        f"{engine} was not found ({'; '.join(tried)}): run this on Debian, or start a Docker engine"
    )


def _from_debian(engine: Engine, tools_dir: Path) -> tuple[str, ...]:
    folder = tools_dir / engine.suite
    if not (folder / engine.package).is_dir():
        where = f"{tools_dir.name}/{engine.suite}/"
        print(f"setup: fetching {engine.package} into {where}", file=sys.stderr, flush=True)
    try:
        package = fetch(engine.package, folder, engine.suite)
    except DebianError as error:
        raise EngineError(str(error)) from None
    # vmalert-tool does not tell its version; the package does.
    changelog = package / "usr/share/doc" / engine.package / "changelog.Debian.gz"
    first = gzip.decompress(changelog.read_bytes()).decode().splitlines()[0]
    version = _VERSION.search(first)
    if version is None or (int(version[1]), int(version[2])) != engine.version:
        raise EngineError(f"the package is another version: {first}")
    return (str(package / "usr/bin" / engine.program),)


def _as_container(engine: Engine) -> tuple[str, ...]:
    try:
        return container.command(engine.program_in_image, engine.pinned_image())
    except container.ContainerError as error:
        raise EngineError(str(error)) from None


def _start(found: tuple[str, ...]) -> None:
    """A program of another release may want libraries that this machine has not."""
    try:
        done = subprocess.run(
            [*found, "--help"],
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            timeout=_START_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{found[0]} does not run ({error})") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise EngineError(f"{found[0]} does not run ({said[-1] if said else 'no output'})")
