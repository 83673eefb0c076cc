"""Find promtool, prometheus, alertmanager and amtool; errors say where they were searched.

They are searched in this order: on PATH; in `.tools/`, filled from the host's own Debian packages;
as a container of the official image, if a Docker engine answers. A program of one exact version
comes from the Debian release that has it, or else as a container of its image.

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
    """A program, and where it comes from.

    Without a `suite` it is of `version` or later. With one it is of `version` alone, and comes from
    the package of that Debian release.
    """

    name: str
    version: str  # such as 2.42
    packages: tuple[str, ...]  # Debian's; the first one that contains `file` is used
    file: str
    # A service of the compose file, or an image by its tag, or by its digest if more than one
    # public source confirms that.
    image: str
    in_image: str = ""  # what is run there, if not its name
    suite: str | None = None

    def __str__(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}{'' if self.suite else ' or later'}"


_ALERTMANAGER = "prometheus-alertmanager"
PROGRAMS = {
    program.name: program
    # The oldest versions are those that our tests run on (Debian bookworm's).
    for program in (
        # From trixie on promtool has a package of its own.
        Program("promtool", "2.42", ("prometheus", "promtool"), "promtool", "prometheus"),
        Program("prometheus", "2.42", ("prometheus",), "prometheus", "prometheus"),
        Program("alertmanager", "0.25", (_ALERTMANAGER,), _ALERTMANAGER, "alertmanager"),
        Program("amtool", "0.25", (_ALERTMANAGER,), "amtool", "alertmanager"),
    )
}


def _victoria(file: str) -> Program:
    name, image = file.removesuffix("-tool"), f"victoriametrics/{file}:v1.145.0"
    return Program(name, "1.145", ("victoria-metrics",), file, image, f"/{file}-prod", "forky")


VICTORIA_METRICS = _victoria("victoria-metrics")
VMALERT = _victoria("vmalert")
VMALERT_TOOL = _victoria("vmalert-tool")
"""It is named vmalert, because its results are those of vmalert."""


@functools.cache
def find(wanted: str | Program, tools_dir: Path = TOOLS_DIR) -> tuple[str, ...]:
    """The command that starts `wanted`, a program or the name of one of PROGRAMS.

    The program is fetched into `tools_dir` if necessary, and has been tried here. Raises ToolError
    if every way fails.
    """
    program = PROGRAMS[wanted] if isinstance(wanted, str) else wanted
    ways = {
        f"Debian {program.suite or 'packages'}": lambda: _from_debian(program, tools_dir),
        "Docker": lambda: container.command(program.in_image or program.name, program.image),
    }
    advice = "run this on Debian"
    if not program.suite:
        ways = {"PATH": lambda: (on_path(program.name, program.file),), **ways}
        advice = f"put {program} on PATH"
    advice += ", or start a Docker engine"
    return first_found(str(program), ways, advice, partial(_check, program))


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
    only = f"={program.version}.*" if program.suite else ""
    folder = tools_dir / f"{program.suite}-{program.version}" if only else tools_dir
    for package in program.packages:
        root = fetch(f"{package}{only}", folder, program.suite).absolute()
        file = root / "usr/bin" / program.file
        if file.exists():
            return relocated(root, file)
    raise ToolError(f"{program.file} is not in {' or '.join(program.packages)}")


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


def _check(program: Program, command: tuple[str, ...]) -> None:
    """Raise ToolError if it does not run here, or its version is not what is wanted."""
    done = succeeded([*command, "--help" if program.suite else "--version"])
    if program.suite:
        return  # where it comes from says its version; libraries might be missing here
    found = _VERSION.search(done.stdout + done.stderr)
    if found is None:
        raise ToolError(f"{command[0]} told no version")
    oldest = [int(part) for part in program.version.split(".")]
    if [int(part) for part in found.groups()] < oldest:
        raise ToolError(f"{command[0]} is version {'.'.join(found.groups())}, which is too old")


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
