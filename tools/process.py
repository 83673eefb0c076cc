"""Running a program to its end."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


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
