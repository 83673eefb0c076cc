"""The command `python -m rules_tests.mutants`."""

import sys

import yaml

from config import Config
from delivery.targets import ALERTS
from rules_tests.growth import growth_tests
from rules_tests.index import written_tests
from rules_tests.mutants.equivalent import EQUIVALENT, covers
from rules_tests.mutants.report import Report
from rules_tests.mutants.rules import mutants
from rules_tests.mutants.runner import MutantsError, Runner
from tools import ROOT, ToolError
from tools.arguments import Parser

_TELL = 50  # mutants between two lines of progress
_TOGETHER = 12  # cases in a test: most mutants fail many cases, so few are enough for most


def main() -> int:
    """Judge the mutants of the built rules.

    0: all is well; 1: one survives, or the list of equivalents is wrong; 2: they cannot be judged.
    """
    parser = Parser(
        prog="python -m rules_tests.mutants",
        description="Put faults into the built rules, one at a time, and see whether a promtool "
        "test fails. Survivors are shown with their difference, unless equivalent.py lists them.",
        epilog="example: python -m rules_tests.mutants --only LLMUsageZeroTrafficWarning",
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="mutants with TEXT in the name")
    parser.add_argument(
        "--all",
        action="store_true",
        help="judge those too that equivalent.py lists: each passes every test, which takes long",
    )
    arguments = parser.parse_args()
    document = yaml.safe_load((ROOT / ALERTS).read_text(encoding="utf-8"))
    chosen = [mutant for mutant in mutants(document) if arguments.only in mutant.name]
    killers = dict.fromkeys((mutant.name for mutant in chosen), "")
    judged = [
        mutant
        for mutant in chosen
        if arguments.all or not any(covers(pattern, mutant.name) for pattern in EQUIVALENT)
    ]
    # The other generated tests take long and kill no further mutants.
    tests = [*written_tests(), *growth_tests(Config(), together=_TOGETHER)]
    try:
        found = Runner(document, tests).killers(judged)
        for number, (mutant, killer) in enumerate(zip(judged, found, strict=True), 1):
            killers[mutant.name] = killer
            if number % _TELL == 0:
                print(f"mutants: {number} of {len(judged)} judged", file=sys.stderr)
    except (MutantsError, ToolError) as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    report = Report(chosen, killers, EQUIVALENT, whole=not arguments.only)
    report.show()
    return int(bool(report.survivors or report.stale()))


if __name__ == "__main__":
    sys.exit(main())
