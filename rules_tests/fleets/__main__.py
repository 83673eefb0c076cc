"""The command `python -m rules_tests.fleets`."""

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from config import ALERT_NAMES
from contract.command import Parser, done
from delivery.targets import ALERTS
from rules_tests.fleets.generate import KINDS, fleet, kind_of
from rules_tests.fleets.judge import Fault, Judgement
from rules_tests.fleets.model import MINUTE
from rules_tests.fleets.run import batches, judgements
from rules_tests.fleets.shrink import reproduction
from rules_tests.progress import progress
from tools import ROOT
from tools.promtool import Promtool

OURS = ROOT / ALERTS
OTHERS = tuple(Path(__file__).with_name(name) for name in ("plain.yaml", "reference.yaml"))

Judged = Mapping[int, Judgement]
"""The judgement on a rule file, by the seed of the fleet."""


def main() -> int:
    """Print the table. 1: our rules have a wrong verdict; 2: judging was not possible."""
    parser = Parser(
        prog="python -m rules_tests.fleets",
        description="Judge our rules, and two others, by random fleets whose events are known.",
        epilog="example: python -m rules_tests.fleets --seeds 0-99 --kind 'crash loop'",
    )
    parser.add_argument("--seeds", type=_seeds, default=range(100), metavar="FIRST-LAST")
    parser.add_argument("--kind", default="", help=f"only kinds with this text: {', '.join(KINDS)}")
    arguments = parser.parse_args()
    seeds = [seed for seed in arguments.seeds if arguments.kind in kind_of(seed)]
    if not seeds:
        print(f"fleets: none of these seeds is of a kind {arguments.kind!r}", file=sys.stderr)
        return 2
    return done("fleets", lambda: _judge_all(seeds), failed=2)


def _judge_all(seeds: Sequence[int]) -> int:
    promtool = Promtool.found()
    judged = {file: _judged(promtool, file, seeds) for file in (OURS, *OTHERS)}
    _show(judged)
    shown = set()
    for seed, judgement in judged[OURS].items():
        first = {(wrong.alert, wrong.fault): wrong for wrong in reversed(judgement.wrong)}
        for (alert, fault), wrong in first.items():
            print(f"seed {seed} ({kind_of(seed)}): {alert} {fault} at minute {wrong.at // MINUTE}")
            if (alert, fault) not in shown:
                shown.add((alert, fault))
                print(reproduction(promtool, OURS, fleet(seed), wrong))
    return int(bool(shown))


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    if not re.fullmatch(r"\d+(-\d+)?", text) or int(last or first) < int(first):
        raise argparse.ArgumentTypeError(f"seeds are one, or first and last, not {text!r}")
    return range(int(first), int(last or first) + 1)


def _judged(promtool: Promtool, rules: Path, seeds: Sequence[int]) -> Judged:
    """The judgements on `rules`, with lines of progress."""
    parts = batches(seeds)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda batch: judgements(promtool, batch, rules), parts)
        told = progress(found, len(parts), f"fleets: {rules.name}, batch")
        return {seed: judgement for some in told for seed, judgement in some.items()}


def _show(judged: Mapping[Path, Judged]) -> None:
    table = Table("alert", "kind of fleet", title="wrong verdicts: missed / false")
    for column in ("fleets", "asked", "due", *(file.stem for file in judged)):
        table.add_column(column, justify="right")
    for alert in ALERT_NAMES:
        for kind in (*KINDS, "all"):
            seeds = [seed for seed in judged[OURS] if kind in (kind_of(seed), "all")]
            if seeds:
                table.add_row(*_row(alert, kind, seeds, judged), end_section=kind == "all")
    Console(highlight=False, markup=False, width=150).print(table)


def _row(alert: str, kind: str, seeds: Sequence[int], judged: Mapping[Path, Judged]) -> list[str]:
    ours = [judged[OURS][seed] for seed in seeds]
    asked, due = sum(one.asked[alert] for one in ours), sum(one.due[alert] for one in ours)
    cells = []
    for by_seed in judged.values():
        every = [wrong for seed in seeds for wrong in by_seed[seed].wrong]
        faults = Counter(wrong.fault for wrong in every if wrong.alert == alert)
        cells.append(f"{faults[Fault.MISSED]:,} / {faults[Fault.FALSE]:,}")
    return [alert, kind, f"{len(seeds):,}", f"{asked:,}", f"{due:,}", *cells]


if __name__ == "__main__":
    sys.exit(main())
