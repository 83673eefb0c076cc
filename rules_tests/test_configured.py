"""The rules that are built for a configuration behave as it says: `make test CONFIG=...`.

Without CONFIG, the configuration is an example in which every value differs from the default.
"""

import os
from pathlib import Path

import pytest

from config.file import load
from delivery.targets import rule_file
from rules_tests.contract_times import EXTREMES, SCRAPES, contract_tests, whole_baseline_tests
from rules_tests.growth import growth_tests
from rules_tests.index import OTHER
from rules_tests.promtool_files import NamedTest, run
from tools.promtool import Promtool

GIVEN = os.environ.get("MONITORING_CONFIG")
CONFIG = load(Path(GIVEN or OTHER))
TESTS = [
    *growth_tests(CONFIG),
    *contract_tests(CONFIG, SCRAPES if GIVEN else EXTREMES[1:]),
    *whole_baseline_tests(CONFIG),
]


def test_promtool_finds_nothing_wrong_with_the_rules(tmp_path: Path) -> None:
    rules = tmp_path / "llm-usage-alerts.yaml"
    rules.write_text(rule_file(CONFIG))
    Promtool.found().check_rules(rules)


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_on_the_rule_engine(test: NamedTest) -> None:
    run(test, Promtool.found())
