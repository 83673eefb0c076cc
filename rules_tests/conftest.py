"""Collect promtool's test files: pytest reports each named test in them separately."""

from pathlib import Path

import pytest

from rules_tests.promtool_files import NamedTest, RulesTestError, load, run
from tools.promtool import Promtool, PromtoolError


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> "TestFile | None":
    """Take every `*_test.yaml` below rules_tests/."""
    if file_path.name.endswith("_test.yaml"):
        return TestFile.from_parent(parent, path=file_path)
    return None


class TestFile(pytest.File):
    """One promtool test file."""

    def collect(self) -> "list[TestItem]":
        """Each named test of the file."""
        return [TestItem.from_parent(self, name=test.name, test=test) for test in load(self.path)]


class TestItem(pytest.Item):
    """One named test of a file, run by promtool alone."""

    def __init__(self, *, test: NamedTest, **arguments: object) -> None:
        """Keep the test that `load` found."""
        super().__init__(**arguments)  # type: ignore[arg-type]  # pytest's own way to pass them on
        self.test = test

    def runtest(self) -> None:
        """Run the test; PromtoolError is a failure with promtool's own message."""
        run(self.test, Promtool.found())

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: str | None = None,  # noqa: ARG002  # pytest's signature
    ) -> str:
        """Show promtool's message, without a traceback."""
        if isinstance(excinfo.value, PromtoolError | RulesTestError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where the test is defined, for the report."""
        return self.path, None, self.name
