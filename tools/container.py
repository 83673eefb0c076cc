"""Run a Prometheus program in a container as if it were a program of this machine.

    python -m tools.container IMAGE PROGRAM ARGUMENT...

The container shares the host's network, sees the working, temporary and project folders at their
own paths, runs as the calling user, gets this process's input and signals, and is gone when this
process ends. The exit code is the program's. (On macOS the shared network needs Docker Desktop
4.34 or later with "host networking" enabled.)
"""

import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from types import FrameType

import docker
import yaml
from docker.errors import DockerException, ImageNotFound
from docker.models.containers import Container

from tools import MARK, ROOT, ToolError

_COMPOSE_FILE = ROOT / "cluster" / "docker-compose.yml"
SERVICES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "amtool": "alertmanager",
}
"""For each program, the service of the compose file whose image contains it."""

LAUNCHER = ("env", f"PYTHONPATH={ROOT}", sys.executable, "-P", "-m", "tools.container")
"""The command, which runs in any folder, even in one with modules of the same names."""

_DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
_PING_TIMEOUT = 5  # seconds until an engine counts as not answering
_CALL_TIMEOUT = 300  # seconds for one call of the engine, pulling an image included
_STOP_TIMEOUT = 20  # seconds a program gets to end after SIGTERM


def command(program: str, image: str | None = None) -> tuple[str, ...]:
    """The command that runs `program` in a container of `image`, by default its service's image.

    `program` is a name in the image's /bin, or an absolute path in the image. Raises
    ToolError if no engine answers.
    """
    _engine().close()
    return (*LAUNCHER, image or image_of(program), program)


def image_of(program: str) -> str:
    """The image of `program` in the compose file, by its digest only, without a tag."""
    services = yaml.safe_load(_COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    name, _, digest = services[SERVICES[program]]["image"].partition("@")
    return f"{name.partition(':')[0]}@{digest}"


def remove_marked(stack: str) -> int:
    """Remove the containers that a killed `stack` left behind, and return how many there were."""
    try:
        client = _engine()
    except ToolError:
        return 0
    try:
        left = client.containers.list(all=True, filters={"label": f"{MARK}={stack}"})
        for container in left:
            container.remove(force=True)
    finally:
        client.close()
    return len(left)


def run(image: str, program: str, arguments: list[str]) -> int:
    """Run `program` of `image` to its end and return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end_early)
    client = docker.from_env(timeout=_CALL_TIMEOUT)
    try:
        client.images.get(image)
    except ImageNotFound:
        print(f"setup: pulling {image}", file=sys.stderr, flush=True)
        client.images.pull(image)
    folders = {Path.cwd(), Path(tempfile.gettempdir()), ROOT}
    container: Container = client.containers.create(
        image,
        arguments,
        entrypoint=[str(Path("/bin", program))],
        network_mode="host",
        user=f"{os.getuid()}:{os.getgid()}",
        working_dir=str(Path.cwd()),
        volumes={str(path): {"bind": str(path), "mode": "rw"} for path in folders},
        stdin_open=True,
        labels={MARK: os.environ.get(MARK, "")},
    )
    try:
        return _attached(container)
    finally:
        container.remove(force=True)
        client.close()


def _engine() -> docker.DockerClient:
    """A client of the engine. Raises ToolError if none answers."""
    # Without a socket the SDK would leave connections open.
    address = os.environ.get("DOCKER_HOST", _DEFAULT_ADDRESS)
    if address.startswith("unix://") and not Path(address.removeprefix("unix://")).exists():
        raise ToolError("no engine answers")
    try:
        return docker.from_env(timeout=_PING_TIMEOUT)  # asks the engine for its version
    except DockerException:
        raise ToolError("no engine answers") from None


def _end_early(number: int, _frame: FrameType | None) -> None:
    """Handle a signal before the program runs: exit at once, through the clean-up."""
    sys.exit(128 + number)


def _attached(container: Container) -> int:
    def forward(number: int, _frame: FrameType | None) -> None:
        container.kill(signal=signal.Signals(number).name)

    output = container.attach(stream=True, logs=True, demux=True)
    stdin = container.attach_socket(params={"stdin": 1, "stream": 1})
    container.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, forward)
    # The SDK returns a read-only wrapper; its inner socket can be written to.
    connection: socket.socket = vars(stdin)["_sock"]
    connection.sendall(b"" if sys.stdin.isatty() else sys.stdin.buffer.read())
    connection.shutdown(socket.SHUT_WR)
    for stdout, stderr in output:
        for stream, data in ((sys.stdout, stdout), (sys.stderr, stderr)):
            stream.buffer.write(data or b"")
            stream.flush()
    status: int = container.wait(timeout=_STOP_TIMEOUT)["StatusCode"]
    return status


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1], sys.argv[2], sys.argv[3:]))
    except DockerException as failure:
        sys.exit(f"container: {failure}")
