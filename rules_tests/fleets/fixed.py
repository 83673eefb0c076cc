"""The fleets of fixed seeds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from delivery.targets import ALERTS
from rules_tests.fleets.generate import fleet
from rules_tests.fleets.judge import ON_TIME, Judgement, judge
from rules_tests.fleets.run import firing
from rules_tests.rule_files import needed
from tools import ROOT
from tools.promtool import Promtool

SEEDS = range(60)
BATCH = 15
"""How many fleets one promtool process runs."""

LIMITS_OF_VMALERT = {
    2: "one failure of 107 flushes in 15 minutes is one of 98 in the 14 that vmalert's window has"
}
"""Seeds of fleets with a wrong verdict on vmalert, and on no other engine."""


def batches(seeds: Sequence[int]) -> list[Sequence[int]]:
    """`seeds` in parts of at most BATCH."""
    return [seeds[first : first + BATCH] for first in range(0, len(seeds), BATCH)]


def judgements(
    promtool: Promtool,
    seeds: Sequence[int],
    rules: Path = ROOT / ALERTS,
    late: Mapping[str, int] = ON_TIME,
) -> dict[int, Judgement]:
    """By seed, the judgement on the alerts of the file `rules` on its fleet.

    `late` is that of `judge`. Raises PromtoolError where promtool refuses the rules.
    """
    made = [fleet(seed) for seed in seeds]
    text = needed(rules.read_text(encoding="utf-8"), "ALERTS")
    found = zip(seeds, made, firing(promtool, text, made), strict=True)
    return {seed: judge(one, fires, late) for seed, one, fires in found}
