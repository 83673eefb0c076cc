"""The engines. A new one is a line in `ENGINES`, and in docs/engines.md."""

from rules_tests.engines.victoria import Vmalert
from tools.locate import VMALERT_TOOL, Pinned, find_pinned
from tools.promtool import Promtool


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
