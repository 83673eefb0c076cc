from pathlib import Path

from tests.conftest import script
from tools.promtool import Promtool


def test_what_promtool_needs_for_blocks_stands_beside_its_input(tmp_path: Path) -> None:
    """It leaves it there when it is ended: not in the system's temporary folder."""
    program = script(tmp_path / "promtool", "echo $TMPDIR")
    file = tmp_path / "history" / "one.om"
    said = Promtool((str(program),)).create_blocks_from_openmetrics(file, tmp_path / "tsdb")
    assert said == f"{file.parent}\n"
