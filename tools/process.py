"""Running a program to its end, and waiting for what one does."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from tools import ToolError

Seen = TypeVar("Seen")


def finished(
    command: Sequence[str | Path],
    timeout: float = 600,
    *,
    given: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `command` with `given` as its input, and return its exit code and output.

    Raises subprocess.TimeoutExpired after `timeout` seconds, when it has killed it; OSError if it
    does not start.
    """
    return subprocess.run(
        command,
        input=given,
        cwd=cwd,
        env=env,
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def succeeded(
    command: Sequence[str],
    timeout: float = 300,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Like `finished`, but raises ToolError unless the exit code is 0.

    Its message has the last line that the program wrote, or says that it does not start, or took
    over `timeout` seconds.
    """
    try:
        done = finished(command, timeout, cwd=cwd, env=env)
    except OSError as error:
        raise ToolError(f"{command[0]} does not run ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise ToolError(f"{command[0]} took over {timeout:g} s") from None
    if done.returncode:
        wrote = (done.stderr or done.stdout).strip().splitlines() or ["it wrote nothing"]
        raise ToolError(f"{command[0]} failed ({wrote[-1]})")
    return done


def awaited(
    look: Callable[[], Seen],
    seconds: float = 120,
    pause: Callable[[], object] = lambda: time.sleep(0.05),
) -> Seen:
    """What `look` returns, as soon as that is true; after `seconds` whatever it returns.

    `pause` is called between two looks.
    """
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        pause()
    return seen
