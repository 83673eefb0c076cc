"""Lists the tests of the rules: those in files written by hand, and those made by code."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from config import Config
from rules_tests.case import Scrape
from rules_tests.contract_times import SCRAPES, contract_tests
from rules_tests.growth import growth_tests
from rules_tests.healthy_day import healthy_day_tests
from rules_tests.promtool_files import NamedTest, read

OTHER = Path(__file__).with_name("other-monitoring.yaml")
"""A configuration in which every value differs from the contract's."""


def written_tests() -> Iterator[NamedTest]:
    """The tests in the `*_test.yaml` files beside this module."""
    for file in sorted(Path(__file__).resolve().parent.glob("*_test.yaml")):
        yield from read(file).tests()


def generated_tests(scrapes: Sequence[Scrape] = SCRAPES) -> Iterator[NamedTest]:
    """Tests of the default values made by code, those of the increases first."""
    yield from growth_tests(Config())
    yield from contract_tests(Config(), scrapes)
    yield from healthy_day_tests()
