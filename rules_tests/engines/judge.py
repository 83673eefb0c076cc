"""Run one named test on one engine."""

from typing import NamedTuple

from rules_tests.engines.index import Vmalert
from rules_tests.engines.late import DIFFERENT, NOT_ASKED, lateness
from rules_tests.promtool_files import NamedTest, objection, run
from tools.promtool import Promtool

PASS, FAIL, DIFFERS = "pass", "FAIL", "differs as documented"


class Verdict(NamedTuple):
    """The result of a test on an engine."""

    words: str
    """PASS, FAIL or DIFFERS, which may have the evaluations after it by which an alert is late."""
    message: str = ""
    """Why it failed."""


def judge(engine: Promtool, test: NamedTest) -> Verdict:
    """The verdict of `engine` on `test`."""
    other = isinstance(engine, Vmalert)
    if other and test.name.startswith(NOT_ASKED):
        return Verdict(DIFFERS)
    message = _objection(engine, test)
    if other and test.name in DIFFERENT:
        stale = Verdict(FAIL, "it passes: docs/engines.md and DIFFERENT need not name it")
        return Verdict(DIFFERS) if message else stale
    if not message:
        return Verdict(PASS)
    late = other and lateness(test, lambda part: not _objection(engine, part))
    return Verdict(f"{DIFFERS} (+{late})") if late else Verdict(FAIL, message)


def _objection(engine: Promtool, test: NamedTest) -> str:
    return objection(lambda: run(test, engine))
