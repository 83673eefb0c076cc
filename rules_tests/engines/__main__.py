"""The command `python -m rules_tests.engines`, and its engines.

A new engine is a line in `ENGINES`, and in docs/engines.md.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby

from rich.console import Console
from rich.table import Table

from config import Config
from contract.command import Parser, done
from delivery.targets import rule_file
from rules_tests.engines.judge import FAIL, LIMITS_OF_VMALERT, Verdict, Vmalert, chains, judge
from rules_tests.fleets.run import SEEDS, batches, judgements
from rules_tests.index import generated_tests, written_tests
from rules_tests.progress import progress
from rules_tests.promtool_files import NamedTest
from tools.locate import VMALERT_TOOL, Program, find
from tools.promtool import Promtool

_LEGEND = "differs as documented (+n): what must fire does n evaluations later, see docs/engines.md"
_UNKNOWN = "NOT KNOWN"


def _prometheus(version: str, suite: str, package: str, image: str) -> Program:
    image = f"prom/prometheus{image}"
    return Program("Prometheus", version, (package,), "promtool", image, "promtool", suite)


_2_53 = "@sha256:075b1ba2c4ebb04bc3a6ab86c06ec8d8099f8fda1c96ef6d104d9bb1def1d8bc"
_3_5 = "@sha256:63805ebb8d2b3920190daf1cb14a60871b16fd38bed42b857a3182bc621f4996"

ENGINES = (
    _prometheus("2.42", "bookworm", "prometheus", ":v2.42.0"),
    _prometheus("2.53", "trixie", "promtool", _2_53),
    _prometheus("3.5", "forky", "promtool", _3_5),
    VMALERT_TOOL,
)


def main() -> int:
    """Print the table. 0: each test passes or differs as documented; 1: one does not."""
    Parser(
        prog="python -m rules_tests.engines",
        description="Run the rules' tests on each engine that users run, and print a table.",
    ).parse_args()
    return done("engines", _judge_all)


def _judge_all() -> int:
    tests = [*written_tests(), *generated_tests()]
    engines = {
        engine: (Vmalert if engine is VMALERT_TOOL else Promtool)(find(engine))
        for engine in ENGINES
    }
    print(f"engines: {len(tests)} tests on {len(engines)} engines", file=sys.stderr, flush=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = {}
        wrong = {}
        for engine, one in engines.items():
            verdicts = pool.map(partial(judge, one), tests)
            found[engine] = list(progress(verdicts, len(tests), f"engines: {engine}, test"))
            wrong[engine] = _wrong(pool, one)
            print(f"engines: {engine}, {len(SEEDS)} fleets judged", file=sys.stderr, flush=True)
    show(Console(width=140, highlight=False, markup=False), tests, found)
    for engine, reasons in wrong.items():
        print(f"{len(SEEDS)} random fleets on {engine}: wrong in {reasons or 'none'}")
    failed = any(verdict.words == FAIL for verdicts in found.values() for verdict in verdicts)
    return int(failed or any(_UNKNOWN in reasons.values() for reasons in wrong.values()))


def _wrong(pool: ThreadPoolExecutor, one: Promtool) -> dict[int, str]:
    """The seeds of the fixed fleets on which an alert is wrong, and why."""
    other = isinstance(one, Vmalert)
    late = chains([rule_file(Config())]) if other else None
    return {
        seed: LIMITS_OF_VMALERT.get(seed, _UNKNOWN) if other else _UNKNOWN
        for judged in pool.map(partial(judgements, one, late=late), batches(SEEDS))
        for seed, judgement in judged.items()
        if judgement.wrong
    }


def show(
    console: Console, tests: Sequence[NamedTest], found: Mapping[Program, Sequence[Verdict]]
) -> None:
    """Print a row for each test, grouped by file, and each failure with the engine's message."""
    grid = Table("test", *map(str, found))
    for file, some in groupby(zip(tests, *found.values(), strict=True), lambda row: row[0].file):
        grid.add_section()
        grid.add_row(file.name)
        for test, *cells in some:
            grid.add_row(f"  {test.name}", *(verdict.words for verdict in cells))
    grid.add_section()
    passed = [sum(verdict.words != FAIL for verdict in verdicts) for verdicts in found.values()]
    grid.add_row(f"{len(tests)} tests", *(f"{count} passed" for count in passed))
    console.print(grid)
    if any("(+" in verdict.words for verdicts in found.values() for verdict in verdicts):
        console.print(_LEGEND)
    for engine, verdicts in found.items():
        for test, verdict in zip(tests, verdicts, strict=True):
            if verdict.words == FAIL:
                where = f"{engine}: {test.file.name}: {test.name}"
                console.print(f"\nFAIL: {where}\n{verdict.message}")


if __name__ == "__main__":
    sys.exit(main())
