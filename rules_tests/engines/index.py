"""The engines. A new one is a line in `ENGINES`, and in docs/engines.md."""

from dataclasses import dataclass
from pathlib import Path

from tools.locate import VMALERT_TOOL, Pinned, find_pinned
from tools.promtool import Promtool


@dataclass(frozen=True)
class Vmalert(Promtool):
    """vmalert-tool in the place of promtool; for what the rules do differently there, see `judge`.

    The series ALERTS has the label `alertgroup`, so a test may not ask for all of its labels.
    """

    def test_rules(self, *files: Path) -> str:
        """Run promtool test files, whose folders it writes to, and return vmalert-tool's report."""
        for file in files:
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("promql_expr_test", "metricsql_expr_test"), "utf-8")
        # Alerts get no label `alertgroup`, as in Prometheus, so tests need not name the group.
        options = ["--disableAlertgroupLabel", *(f"--files={file}" for file in files)]
        # Its storage is beside the file, and deleted with it.
        return self._run("unittest", options, TMPDIR=str(files[0].parent))


def _prometheus(version: str, suite: str, package: str, image: str) -> Pinned:
    return Pinned(
        name="Prometheus",
        version=version,
        suite=suite,
        package=package,
        program="promtool",
        image=f"prom/prometheus{image}",
        program_in_image="promtool",
    )


_2_53 = "@sha256:075b1ba2c4ebb04bc3a6ab86c06ec8d8099f8fda1c96ef6d104d9bb1def1d8bc"
_3_5 = "@sha256:63805ebb8d2b3920190daf1cb14a60871b16fd38bed42b857a3182bc621f4996"

ENGINES = (
    _prometheus("2.42", "bookworm", "prometheus", ":v2.42.0"),
    _prometheus("2.53", "trixie", "promtool", _2_53),
    _prometheus("3.5", "forky", "promtool", _3_5),
    VMALERT_TOOL,
)


def tool(engine: Pinned) -> Promtool:
    """What runs tests on `engine`, fetched if necessary. Raises ToolError if that fails."""
    return (Vmalert if engine is VMALERT_TOOL else Promtool)(find_pinned(engine))
