"""The fleets of fixed seeds, and the limits that our rules are known to have on them."""

from collections.abc import Mapping

from delivery.targets import ALERTS
from rules_tests.fleets.generate import fleet
from rules_tests.fleets.judge import ON_TIME, Wrong, judge
from rules_tests.fleets.run import firing
from rules_tests.rule_files import needed
from tools import ROOT
from tools.promtool import Promtool

SEEDS = range(60)
BATCH = 6
"""How many fleets one promtool process runs."""

LIMITS = {
    3: "lives of a minute that end and begin at one value, with scrapes that fail between them",
    30: "a burst of tokens in a gap of 12 minutes between scrapes, longer than LONGEST_GAP",
    35: "the one sample of a life, in its target's first minute, before scrapes that fail",
    57: "a series born again at its value in the third scrape, a minute apart, of a life",
}
"""Seeds of fleets with a wrong verdict, and why; docs/alerts.md describes these limits."""

LIMITS_OF_VMALERT = {
    2: "one failure of 107 flushes in 15 minutes is one of 98 in the 14 that vmalert's window has"
}
"""Seeds of fleets with a wrong verdict on vmalert alone."""


def batches(seeds: range, size: int = BATCH) -> list[range]:
    """`seeds` in parts of at most `size`."""
    return [seeds[first : first + size] for first in range(0, len(seeds), size)]


def first_wrong(
    promtool: Promtool, seeds: range, late: Mapping[str, int] = ON_TIME
) -> dict[int, Wrong]:
    """By seed, the first wrong verdict on each fleet of `seeds`, if any.

    `late` is that of `judge`. Raises PromtoolError where promtool refuses the rules.
    """
    made = [fleet(seed) for seed in seeds]
    rules = needed((ROOT / ALERTS).read_text(encoding="utf-8"), "ALERTS")
    found = zip(seeds, made, firing(promtool, rules, made), strict=True)
    judged = {seed: judge(one, fires, late).wrong for seed, one, fires in found}
    return {seed: wrong[0] for seed, wrong in judged.items() if wrong}
