"""Run a Prometheus program in a container as if it were a program of this machine.

    python -m tools.container IMAGE PROGRAM ARGUMENT...

The container shares the host's network, sees the working, temporary and project folders at their
own paths, runs as the calling user, gets this process's input and signals, and is gone when this
process ends. The exit code is the program's. (On macOS the shared network needs Docker Desktop
4.34 or later with "host networking" enabled.)
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import yaml

from tools import MARK, ROOT, ToolError
from tools.process import succeeded

COMPOSE_FILE = ROOT / "cluster" / "docker-compose.yml"
_TIMEOUT = 30  # seconds until an engine counts as not answering


def command(program: str, image: str) -> tuple[str, ...]:
    """The command that runs `program` in a container of `image`, which may be a service's name.

    `program` is a name in the image's /bin, or an absolute path in the image. Raises
    ToolError if there is no `docker`, or no engine answers it.
    """
    succeeded(["docker", "version"], _TIMEOUT)
    services = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    if image in services:
        name, _, digest = services[image]["image"].partition("@")
        image = f"{name.partition(':')[0]}@{digest}"  # one digest has one tag, which is left out
    # It runs in any folder, even in one with modules of the same names.
    launcher = ("env", f"PYTHONPATH={ROOT}", sys.executable, "-P", "-m", "tools.container")
    return (*launcher, image, program)


def remove_marked(stack: str) -> int:
    """Remove the containers that a killed `stack` left behind, and return how many there were."""
    marked = ("--all", "--quiet", "--filter", f"label={MARK}={stack}")
    try:
        left = succeeded(["docker", "ps", *marked], _TIMEOUT).stdout.split()
        if left:
            succeeded(["docker", "rm", "--force", *left], _TIMEOUT)
    except ToolError:  # without an engine there are no containers
        return 0
    return len(left)


def run(image: str, program: str, arguments: list[str]) -> NoReturn:
    """Become a `docker run` of `program` of `image`, which pulls the image if necessary."""
    folders = {Path.cwd(), Path(tempfile.gettempdir()), ROOT}
    options = (
        *("--rm", "--interactive", "--network=host", f"--user={os.getuid()}:{os.getgid()}"),
        *(f"--volume={folder}:{folder}" for folder in folders),
        f"--workdir={Path.cwd()}",
        f"--label={MARK}={os.environ.get(MARK, '')}",
        f"--entrypoint={Path('/bin', program)}",
    )
    os.execvp("docker", ["docker", "run", *options, image, *arguments])  # noqa: S606, S607


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3:])
