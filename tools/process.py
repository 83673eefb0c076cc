"""Running a program to its end, and waiting for what one does."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tools import ToolError

Seen = TypeVar("Seen")


def finished(
    command: Sequence[str | Path], timeout: float = 600, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run `command` without input, and return its exit code and output.

    `options` are arguments of subprocess.run: cwd, env, input. Raises subprocess.TimeoutExpired
    after `timeout` seconds, when it has killed it; OSError if it does not start.
    """
    given = {"input": "", "capture_output": True, "text": True, **options}
    return subprocess.run(command, check=False, timeout=timeout, **given)


def succeeded(
    command: Sequence[str], timeout: float = 300, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Like `finished`, but raises ToolError unless the exit code is 0.

    Its message has the last line that the program wrote, or says that it does not start, or took
    over `timeout` seconds.
    """
    try:
        done = finished(command, timeout, **options)
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
