"""A thin typed wrapper around promtool."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import ToolError
from tools.locate import find
from tools.process import finished

TIMEOUT = 600
"""Seconds for one call; `tsdb create-blocks-from` of a day's history takes longest."""

_ENVIRONMENT = {"GOGC": "800"}
"""Less garbage collection saves a fifth of the CPU in a short process with a small heap."""


class PromtoolError(ToolError):
    """promtool refused its input; `output` is its own message, `exit_code` its own code."""

    def __init__(self, what: str, exit_code: int, output: str) -> None:
        """Keep promtool's message and exit code."""
        self.exit_code = exit_code
        self.output = output.strip()
        super().__init__(f"promtool {what} (exit code {exit_code}):\n{self.output}")


@dataclass(frozen=True)
class Promtool:
    """promtool, started by `command`; each call raises PromtoolError if promtool fails."""

    command: tuple[str, ...]

    @classmethod
    def found(cls) -> "Promtool":
        """The promtool of this machine. Raises ToolError if there is none and none can be had."""
        return cls(find("promtool"))

    def check_rules(self, *files: Path) -> str:
        """Check rule files with all lints, which are fatal, and return promtool's report."""
        lint = ("--lint=all", "--lint-fatal")
        return self._run("check rules", [*lint, *map(str, files)])

    def test_rules(self, *files: Path) -> str:
        """Run promtool test files and return promtool's report."""
        # It evaluates one rule after another. More threads would only look for work.
        return self._run("test rules", [*map(str, files)], GOMAXPROCS="1")

    def check_config(self, file: Path) -> str:
        """Check a Prometheus configuration and the rule files that it names."""
        return self._run("check config", [str(file)])

    def create_blocks_from_openmetrics(self, file: Path, into: Path) -> str:
        """Make TSDB blocks below `into` from samples with timestamps in OpenMetrics format."""
        # Its temporary files are put beside the file, since it leaves them behind if interrupted.
        return self._run(
            "tsdb create-blocks-from openmetrics", [str(file), str(into)], TMPDIR=str(file.parent)
        )

    def _run(self, what: str, arguments: Sequence[str], **environment: str) -> str:
        done = finished(
            [*self.command, *what.split(), *arguments],
            TIMEOUT,
            env={**_ENVIRONMENT, **os.environ, **environment},
        )
        output = done.stdout + done.stderr
        if done.returncode:
            raise PromtoolError(what, done.returncode, output)
        return output
