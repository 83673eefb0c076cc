"""vmalert-tool in the place of promtool."""

import os
from dataclasses import dataclass
from pathlib import Path

from tools.process import finished
from tools.promtool import TIMEOUT, Promtool, PromtoolError

_OPTIONS = ("--disableAlertgroupLabel",)
"""Alerts get no label `alertgroup`, as in Prometheus, so tests need not name the group."""


@dataclass(frozen=True)
class Vmalert(Promtool):
    """Judges promtool's test files; for what the rules do differently there, see `late`.

    The series ALERTS has the label `alertgroup` all the same, so a test may not ask for all of its
    labels.
    """

    def test_rules(self, *files: Path) -> str:
        """Run promtool test files, whose folders it writes to, and return vmalert-tool's report."""
        for file in files:
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("promql_expr_test", "metricsql_expr_test"), "utf-8")
        # Its storage is beside the file, and deleted with it.
        environment = {**os.environ, "TMPDIR": str(files[0].parent)}
        named = [part for file in files for part in ("--files", str(file))]
        done = finished([*self.command, "unittest", *named, *_OPTIONS], TIMEOUT, env=environment)
        if done.returncode:
            raise PromtoolError("unittest", done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr
