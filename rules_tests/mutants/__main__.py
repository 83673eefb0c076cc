"""The command `python -m rules_tests.mutants`."""

import sys
from collections.abc import Mapping, Sequence

import yaml

from config import Config
from contract.command import Parser, done
from delivery.targets import ALERTS
from rules_tests.growth import growth_tests
from rules_tests.index import written_tests
from rules_tests.mutants.equivalent import EQUIVALENT, covers
from rules_tests.mutants.rules import Mutant, mutants
from rules_tests.mutants.runner import Runner
from rules_tests.progress import progress
from tools import ROOT, ToolError

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
    return done("mutants", lambda: _judge(arguments.only, every=arguments.all), failed=2)


def _judge(only: str, *, every: bool) -> int:
    document = yaml.safe_load((ROOT / ALERTS).read_text(encoding="utf-8"))
    chosen = [mutant for mutant in mutants(document) if only in mutant.name]
    if not chosen:
        raise ToolError(f"no mutant has {only!r} in its name")
    judged = [
        mutant
        for mutant in chosen
        if every or not any(covers(pattern, mutant.name) for pattern in EQUIVALENT)
    ]
    # The other generated tests take long and kill no further mutants.
    tests = [*written_tests(), *growth_tests(Config(), together=_TOGETHER)]
    found = progress(Runner(document, tests).killers(judged), len(judged), "mutants")
    killers = {mutant.name: killer for mutant, killer in zip(judged, found, strict=True)}
    return int(report(chosen, killers, EQUIVALENT, whole=not only))


def report(
    mutants: Sequence[Mutant], killers: Mapping[str, str], listed: Sequence[str], *, whole: bool
) -> bool:
    """Print how many mutants there are of each sort, and what is wrong; return whether anything is.

    `killers` has the name of each mutant that was judged, with the test that kills it or an empty
    text. What is wrong: a survivor that no pattern of `listed` covers, a pattern that covers a
    killed mutant and, if these are the `whole` set of mutants, a pattern that covers none.
    """
    covered = {
        pattern: [one.name for one in mutants if covers(pattern, one.name)] for pattern in listed
    }
    equivalent = {name for names in covered.values() for name in names}
    alive = [one for one in mutants if not killers.get(one.name)]
    survived = [one for one in alive if one.name not in equivalent]
    wrong = [f"survived: {one.name}\n{one.diff}" for one in survived]
    for pattern, names in covered.items():
        killed = [f"killed by {killers[name]}: {name}" for name in names if killers.get(name)]
        none = [f"no mutant's name: {pattern}"] if whole and not names else []
        wrong += [f"listed as equivalent, but {said}" for said in killed + none]
    print(
        f"mutants: {len(mutants) - len(alive)} killed, {len(survived)} survived, "
        f"{len(alive) - len(survived)} equivalent"
    )
    for said in wrong:
        print(f"\n{said}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
