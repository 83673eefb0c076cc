"""The records of growth and activity, number by number."""

from pathlib import Path

import pytest

from rules_tests.growth_cases import growth_tests
from rules_tests.promtool_files import NamedTest
from tools.promtool import Promtool


@pytest.mark.parametrize("test", list(growth_tests()), ids=lambda test: test.name)
def test_what_a_step_records(test: NamedTest, tmp_path: Path) -> None:
    file = tmp_path / "growth_test.yaml"
    file.write_text(test.alone(), encoding="utf-8")
    Promtool.found().test_rules(file)
