"""Programs of one exact version, from a Debian release or else as a container of their image.

`tools.locate` finds installed Prometheus programs of any version that is new enough.
"""

from dataclasses import dataclass
from pathlib import Path

from tools import TOOLS_DIR, container
from tools.debian import fetch
from tools.locate import first_found
from tools.process import succeeded


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """A program of one version, and where it comes from."""

    name: str
    version: str  # such as 2.42
    suite: str  # the Debian release whose `package` contains `program`
    package: str
    program: str
    repository: str  # of images, which have the version as their tag
    program_in_image: str
    digest: str = ""  # of the image, if more than one public source confirms it

    def __str__(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}"

    @property
    def image(self) -> str:
        """The image by its digest, or else by its tag."""
        return self.repository + (f"@{self.digest}" if self.digest else f":v{self.version}.0")


def _victoria(program: str) -> Pinned:
    return Pinned(
        name=program.removesuffix("-tool"),
        version="1.145",
        suite="forky",
        package="victoria-metrics",
        program=program,
        repository=f"victoriametrics/{program}",
        program_in_image=f"/{program}-prod",
    )


VICTORIA_METRICS = _victoria("victoria-metrics")
VMALERT = _victoria("vmalert")
VMALERT_TOOL = _victoria("vmalert-tool")
"""It is named vmalert, because its results are those of vmalert."""


def command(program: Pinned, tools_dir: Path = TOOLS_DIR) -> tuple[str, ...]:
    """The command that starts the program, which has been tried here.

    Raises ToolError if every way fails.
    """
    ways = {
        f"Debian {program.suite}": lambda: _from_debian(program, tools_dir),
        "Docker": lambda: container.command(program.program_in_image, program.image),
    }
    advice = "run this on Debian, or start a Docker engine"
    # It may need libraries that this machine does not have.
    return first_found(str(program), ways, advice, lambda found: succeeded([*found, "--help"]))


def _from_debian(program: Pinned, tools_dir: Path) -> tuple[str, ...]:
    folder = tools_dir / f"{program.suite}-{program.version}"
    package = fetch(f"{program.package}={program.version}.*", folder, program.suite)
    return (str(package / "usr/bin" / program.program),)
