"""The tests made by code, on one promtool; `make test-engines` runs them on every engine."""

import pytest

from rules_tests.contract_times import EXTREMES
from rules_tests.index import generated_tests
from rules_tests.promtool_files import NamedTest, run
from tools.promtool import Promtool


@pytest.mark.parametrize("test", list(generated_tests(EXTREMES)), ids=lambda test: test.name)
def test_on_the_rule_engine(test: NamedTest) -> None:
    run(test, Promtool.found())
