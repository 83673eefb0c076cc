"""Run one named test on one engine."""

from dataclasses import dataclass

from rules_tests.engines.late import DIFFERENT, NOT_ASKED, lateness
from rules_tests.engines.victoria import Vmalert
from rules_tests.promtool_files import NamedTest, objection, run
from tools.promtool import Promtool


@dataclass(frozen=True)
class Verdict:
    """The result of a test on an engine."""

    passed: bool
    late: int = 0  # evaluations by which an alert fires later, as documented
    differs: bool = False  # in what it records, as documented
    message: str = ""  # the engine's, where the test did not pass

    def __str__(self) -> str:
        """The verdict, for the table."""
        if not self.passed:
            return "FAIL"
        if self.late:
            return f"differs as documented (+{self.late})"
        return "differs as documented" if self.differs else "pass"


def judge(engine: Promtool, test: NamedTest) -> Verdict:
    """The verdict of `engine` on `test`."""
    other = isinstance(engine, Vmalert)
    if other and test.name.startswith(NOT_ASKED):
        return Verdict(passed=True, differs=True)
    message = _objection(engine, test)
    if not other:
        return Verdict(passed=not message, message=message)
    if test.name in DIFFERENT:
        stale = "" if message else "it passes: docs/engines.md and DIFFERENT need not name it"
        return Verdict(passed=bool(message), differs=True, message=stale)
    if not message:
        return Verdict(passed=True)
    late = lateness(test, lambda part: not _objection(engine, part))
    return Verdict(passed=bool(late), late=late or 0, message=message)  # 0 explains no failure


def _objection(engine: Promtool, test: NamedTest) -> str:
    return objection(lambda: run(test, engine))
