"""Find promtool, prometheus, alertmanager and amtool; errors say where they were searched.

They are searched in this order: on PATH; in `.tools/`, filled from the host's own Debian packages;
as a container of the official image, if a Docker engine answers. A program of one exact version,
which is `Pinned`, comes from a Debian release, or else as a container of its image.

    python -m tools.locate      list the four, fetching what is missing
"""

import functools
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from tools import TOOLS_DIR, ToolError, container
from tools.debian import fetch
from tools.files import replace_all
from tools.process import succeeded

_VERSION = re.compile(r"version (\d+)\.(\d+)")
_TEMPLATES = b"/usr/share/prometheus/alertmanager"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Program:
    """What is known about a program before it is found."""

    debian_name: str
    debian_packages: tuple[str, ...]  # the first one that contains it is used
    oldest: tuple[int, int]


_PROMETHEUS = (2, 42)  # the oldest that our tests run on (Debian bookworm's)
_ALERTMANAGER = (0, 25)  # likewise

PROGRAMS = {
    # From trixie on promtool has a package of its own.
    "promtool": Program("promtool", ("prometheus", "promtool"), _PROMETHEUS),
    "prometheus": Program("prometheus", ("prometheus",), _PROMETHEUS),
    "alertmanager": Program("prometheus-alertmanager", ("prometheus-alertmanager",), _ALERTMANAGER),
    "amtool": Program("amtool", ("prometheus-alertmanager",), _ALERTMANAGER),
}


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """A program of one version, and where it comes from."""

    name: str
    version: str  # such as 2.42
    suite: str  # the Debian release whose `package` contains `program`
    package: str
    program: str
    image: str  # by its tag, or by its digest if more than one public source confirms that
    program_in_image: str

    def __str__(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}"


def _victoria(program: str) -> Pinned:
    return Pinned(
        name=program.removesuffix("-tool"),
        version="1.145",
        suite="forky",
        package="victoria-metrics",
        program=program,
        image=f"victoriametrics/{program}:v1.145.0",
        program_in_image=f"/{program}-prod",
    )


VICTORIA_METRICS = _victoria("victoria-metrics")
VMALERT = _victoria("vmalert")
VMALERT_TOOL = _victoria("vmalert-tool")
"""It is named vmalert, because its results are those of vmalert."""


@functools.cache
def find(name: str, tools_dir: Path = TOOLS_DIR) -> tuple[str, ...]:
    """The command that starts `name` (a key of PROGRAMS), fetched into `tools_dir` if necessary.

    Raises ToolError if every way fails.
    """
    program = PROGRAMS[name]
    wanted = f"{name} {_text(program.oldest)} or later"
    ways = {
        "PATH": lambda: (on_path(name, program.debian_name),),
        "Debian packages": lambda: _from_debian(program, tools_dir),
        "Docker": lambda: container.command(name),
    }
    advice = f"put {wanted} on PATH, or start a Docker engine"
    return first_found(wanted, ways, advice, partial(_check, program.oldest))


def find_pinned(program: Pinned, tools_dir: Path = TOOLS_DIR) -> tuple[str, ...]:
    """The command that starts the program, which has been tried here.

    Raises ToolError if every way fails.
    """

    def from_debian() -> tuple[str, ...]:
        folder = tools_dir / f"{program.suite}-{program.version}"
        package = fetch(f"{program.package}={program.version}.*", folder, program.suite)
        return (str(package / "usr/bin" / program.program),)

    ways = {
        f"Debian {program.suite}": from_debian,
        "Docker": lambda: container.command(program.program_in_image, program.image),
    }
    advice = "run this on Debian, or start a Docker engine"
    # It may need libraries that this machine does not have.
    return first_found(str(program), ways, advice, lambda found: succeeded([*found, "--help"]))


def first_found(
    what: str,
    ways: Mapping[str, Callable[[], Found]],
    advice: str,
    check: Callable[[Found], object] = lambda _: None,
) -> Found:
    """The result of the first of `ways` for which neither that nor `check` raises ToolError.

    Raises ToolError with the messages of all if each of them raises one.
    """
    tried = []
    for place, way in ways.items():
        try:
            found = way()
            check(found)
            return found
        except ToolError as error:
            tried.append(f"{place}: {error}")
    raise ToolError(f"{what} was not found ({'; '.join(tried)}): {advice}")


def on_path(*names: str) -> str:
    """The path of the first program on PATH of these `names`. Raises ToolError if there is none."""
    for name in names:
        if found := shutil.which(name):
            return found
    raise ToolError("not there")


def _from_debian(program: Program, tools_dir: Path) -> tuple[str, ...]:
    for package in program.debian_packages:
        root = fetch(package, tools_dir).absolute()
        file = root / "usr/bin" / program.debian_name
        if file.exists():
            return relocated(root, file)
    raise ToolError(f"{program.debian_name} is not in {' or '.join(program.debian_packages)}")


def relocated(package: Path, program: Path) -> tuple[str, ...]:
    """The command that runs `program` of the unpacked `package`; its arguments need absolute paths.

    Debian's Alertmanager does not start without its default templates, and the path of their folder
    is compiled into it. So a copy is made that reads them below its working folder, the package's
    root: `usr//share` is as long as `/usr/share`. A program without such a path is run unchanged.
    """
    content = program.read_bytes()
    if _TEMPLATES not in content or Path(os.fsdecode(_TEMPLATES)).is_dir():
        return (str(program),)
    copy = program.with_name(f"{program.name}.relocated")
    if not copy.exists():
        moved = b"usr//" + _TEMPLATES.removeprefix(b"/usr/")
        replace_all({copy: content.replace(_TEMPLATES, moved)}, 0o755)
    return ("env", f"--chdir={package}", str(copy))


def _check(oldest: tuple[int, int], command: tuple[str, ...]) -> None:
    """Raise ToolError if the program is older than that."""
    done = succeeded([*command, "--version"])
    found = _VERSION.search(done.stdout + done.stderr)
    if found is None:
        raise ToolError(f"{command[0]} told no version")
    version = (int(found[1]), int(found[2]))
    if version < oldest:
        raise ToolError(f"{command[0]} is version {_text(version)}, which is too old")


def _text(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def main() -> int:
    """Print each program that was found, or the commands of those that are named; 1: not all."""
    failed = False
    for name in sys.argv[1:] or PROGRAMS:
        try:
            if name not in PROGRAMS:
                raise ToolError(f"{name!r} is none of {', '.join(PROGRAMS)}")
            print("" if sys.argv[1:] else f"{name}: ", shlex.join(find(name)), sep="")
        except ToolError as error:
            print(f"tools: {error}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
