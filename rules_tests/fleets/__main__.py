"""The command `python -m rules_tests.fleets`."""

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from config import ALERT_NAMES
from delivery.targets import ALERTS
from rules_tests.fleets.generate import KINDS, fleet
from rules_tests.fleets.judge import Fault, Judgement, Wrong, judge
from rules_tests.fleets.model import MINUTE
from rules_tests.fleets.run import firing
from rules_tests.fleets.shrink import reproduction
from tools import ROOT, ToolError
from tools.arguments import Parser
from tools.promtool import Promtool, PromtoolError

OTHERS = tuple(Path(__file__).with_name(name) for name in ("plain.yaml", "reference.yaml"))
_WIDTH = 150
"""Columns that the table needs; a narrower width of the output is raised to this."""


@dataclass(frozen=True)
class Judged:
    """A fleet, and the judgement on each rule file."""

    seed: int
    kind: str
    by_rules: Mapping[str, Judgement]


def main() -> int:
    """Print the table. 1: the first rule file has a wrong verdict; 2: judging was not possible."""
    arguments = _parser().parse_args()
    files: list[Path] = arguments.rules or [ROOT / ALERTS, *OTHERS]
    kinds = list(KINDS)
    seeds = [seed for seed in arguments.seeds if arguments.kind in kinds[seed % len(kinds)]]
    if not seeds:
        print(f"fleets: none of these seeds is of a kind {arguments.kind!r}", file=sys.stderr)
        return 2
    try:
        promtool = Promtool.found()
        rules = {str(file): file.read_text(encoding="utf-8") for file in files}
        judged = list(_judge(promtool, rules, seeds))
    except (PromtoolError, ToolError, OSError, UnicodeDecodeError) as error:
        print(f"fleets: {error}", file=sys.stderr)
        return 2
    _show(judged, list(rules))
    for line in _wrong(judged, str(files[0])):
        print(line)
    for seed, wrong in _first_wrong(judged, str(files[0])):
        print(reproduction(promtool, files[0], fleet(seed), wrong))
    return int(any(one.by_rules[str(files[0])].wrong for one in judged))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m rules_tests.fleets",
        description="Judge rule files by random fleets whose events are known. Without --rules: "
        "ours, and two others beside them.",
        epilog="example: python -m rules_tests.fleets --seeds 0-99 --kind 'crash loop'",
    )
    parser.add_argument("--seeds", type=_seeds, default=range(100), metavar="FIRST-LAST")
    parser.add_argument("--kind", default="", help=f"only kinds with this text: {', '.join(KINDS)}")
    parser.add_argument("--rules", nargs="+", type=Path, metavar="FILE", help="rule files to judge")
    return parser


def _seeds(text: str) -> range:
    if not re.fullmatch(r"\d+(-\d+)?", text):
        raise argparse.ArgumentTypeError(f"seeds are a number or two, such as 0-99, not {text!r}")
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _judge(promtool: Promtool, rules: Mapping[str, str], seeds: Sequence[int]) -> Iterator[Judged]:
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        running = [pool.submit(_judged, promtool, rules, seed) for seed in seeds]
        for number, one in enumerate(running, 1):
            yield one.result()
            if number % 50 == 0:
                print(f"fleets: {number} of {len(running)}", file=sys.stderr, flush=True)


def _judged(promtool: Promtool, rules: Mapping[str, str], seed: int) -> Judged:
    made = fleet(seed)
    judged = {name: judge(made, firing(promtool, text, [made])[0]) for name, text in rules.items()}
    return Judged(seed, made.name.partition(", ")[2], judged)


def _first_wrong(judged: Sequence[Judged], name: str) -> Iterator[tuple[int, Wrong]]:
    """For each alert and fault, the first wrong verdict and the seed of its fleet."""
    told = set()
    for one in judged:
        for wrong in one.by_rules[name].wrong:
            if (wrong.alert, wrong.fault) not in told:
                told.add((wrong.alert, wrong.fault))
                yield one.seed, wrong


def _show(judged: Sequence[Judged], names: Sequence[str]) -> None:
    table = Table("alert", "kind of fleet", title="wrong verdicts: missed / false")
    for column in ("fleets", "asked", "due", *(Path(name).stem for name in names)):
        table.add_column(column, justify="right")
    for alert in ALERT_NAMES:
        for kind in (*KINDS, "all"):
            some = [one for one in judged if kind in (one.kind, "all")]
            if some:
                table.add_row(*_row(alert, kind, some, names), end_section=kind == "all")
    console = Console(highlight=False, markup=False)
    console.width = max(console.width, _WIDTH)
    console.print(table)


def _row(alert: str, kind: str, judged: Sequence[Judged], names: Sequence[str]) -> list[str]:
    asked = sum(one.by_rules[names[0]].asked[alert] for one in judged)
    due = sum(one.by_rules[names[0]].due[alert] for one in judged)
    cells = []
    for name in names:
        faults = Counter(
            wrong.fault
            for one in judged
            for wrong in one.by_rules[name].wrong
            if wrong.alert is alert
        )
        cells.append(f"{faults[Fault.MISSED]:,} / {faults[Fault.FALSE]:,}")
    return [alert, kind, f"{len(judged):,}", f"{asked:,}", f"{due:,}", *cells]


def _wrong(judged: Sequence[Judged], name: str) -> Iterator[str]:
    """The wrong verdicts as text, fleet by fleet."""
    for one in judged:
        for (subject, fault), some in groupby(sorted(one.by_rules[name].wrong, key=_what), _what):
            minutes = [each.at // MINUTE for each in some]
            yield f"seed {one.seed} ({one.kind}): {subject} {fault} at minutes {_runs(minutes)}"


def _what(wrong: Wrong) -> tuple[str, Fault]:
    """The alert, the label set and the fault."""
    label_set = "/".join(
        filter(None, (wrong.label_set.component, wrong.label_set.provider, wrong.label_set.model))
    )
    return f"{wrong.alert} of {label_set}", wrong.fault


def _runs(minutes: Sequence[int]) -> str:
    """Minutes as ranges: 3-7, 9."""
    runs: list[list[int]] = []
    for minute in sorted(minutes):
        if runs and minute == runs[-1][-1] + 1:
            runs[-1].append(minute)
        else:
            runs.append([minute])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


if __name__ == "__main__":
    sys.exit(main())
