"""Where the tests of the rules are: in files written by hand, and made by code."""

from collections.abc import Iterator
from pathlib import Path

from rules_tests.contract_times import contract_tests
from rules_tests.fleet import fleet_tests
from rules_tests.growth_cases import growth_tests
from rules_tests.promtool_files import NamedTest, load


def written_tests() -> Iterator[NamedTest]:
    """Those of the `*_test.yaml` beside this module."""
    for file in sorted(Path(__file__).resolve().parent.glob("*_test.yaml")):
        yield from load(file)


def generated_tests() -> Iterator[NamedTest]:
    """Those that code makes, the numbers of a step first."""
    yield from growth_tests()
    yield from contract_tests()
    yield from fleet_tests()
