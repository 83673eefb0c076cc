"""Run one named test on one engine."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rules_tests.engines.late import DIFFERENT, lateness
from rules_tests.engines.victoria import OPTIONS, translated
from rules_tests.promtool_files import NamedTest, objection, run, written
from tools.pinned import VMALERT_TOOL, Pinned
from tools.process import finished
from tools.promtool import Promtool

TIMEOUT = 300
"""Seconds for one test; 26 hours of a dozen series take about 20."""


@dataclass(frozen=True)
class Verdict:
    """The result of a test on an engine."""

    passed: bool
    late: int = 0  # evaluations by which an alert fires later, as documented
    differs: bool = False  # in what it records, as documented
    message: str = ""  # the engine's, where the test did not pass

    def __str__(self) -> str:
        """The verdict, for the table."""
        if not self.passed:
            return "FAIL"
        if self.late:
            return f"differs as documented (+{self.late})"
        return "differs as documented" if self.differs else "pass"


def judge(engine: Pinned, command: tuple[str, ...], test: NamedTest) -> Verdict:
    """The verdict of `engine`, which `command` starts, on `test`."""
    if engine is not VMALERT_TOOL:
        message = objection(lambda: run(test, Promtool(command)))
        return Verdict(passed=not message, message=message)
    message = _vmalert_says(command, test)
    if test.name in DIFFERENT:
        stale = "" if message else "it passes: docs/engines.md and DIFFERENT need not name it"
        return Verdict(passed=bool(message), differs=True, message=stale)
    if not message:
        return Verdict(passed=True)
    late = lateness(test, lambda part: not _vmalert_says(command, part))
    return Verdict(passed=bool(late), late=late or 0, message=message)  # 0 explains no failure


def _vmalert_says(command: tuple[str, ...], test: NamedTest) -> str:
    """What vmalert-tool objects to; empty where the test passes."""
    with tempfile.TemporaryDirectory() as folder:
        file = written(translated(test), Path(folder))
        try:
            unittest = [*command, "unittest", "--files", str(file), *OPTIONS]
            # Its storage is in the folder, and deleted with it.
            done = finished(unittest, TIMEOUT, env={**os.environ, "TMPDIR": folder})
        except subprocess.TimeoutExpired:
            return f"no verdict within {TIMEOUT} s"
    said = (done.stdout + done.stderr).strip()
    return (said or f"exit code {done.returncode}") if done.returncode else ""
