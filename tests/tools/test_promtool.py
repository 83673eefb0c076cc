from pathlib import Path

import pytest

from tests.conftest import script
from tools.promtool import Promtool, PromtoolError


def test_metrics_that_break_the_naming_rules_fail() -> None:
    Promtool.found().check_metrics("# HELP a_total A\n# TYPE a_total counter\na_total 1\n")
    with pytest.raises(PromtoolError, match="_total"):
        Promtool.found().check_metrics("# HELP a A\n# TYPE a counter\na 1\n")


def test_what_promtool_needs_for_blocks_stands_beside_its_input(tmp_path: Path) -> None:
    """It leaves it there when it is ended: not in the system's temporary folder."""
    program = script(tmp_path / "promtool", "echo $TMPDIR")
    file = tmp_path / "history" / "one.om"
    said = Promtool((str(program),)).create_blocks_from_openmetrics(file, tmp_path / "tsdb")
    assert said == f"{file.parent}\n"
