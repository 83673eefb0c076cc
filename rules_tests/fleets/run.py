"""Run a rule file on fleets with promtool: when its alerts fire, and what it records."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from contract.metrics import USAGE_LABELS
from delivery.targets import ALERTS
from rules_tests.fleets.generate import fleet
from rules_tests.fleets.judge import Firing, Judgement, Subject, judge, minutes
from rules_tests.fleets.model import GRID, MINUTE, Fleet, LabelSet
from rules_tests.fleets.samples import input_series
from rules_tests.results import Sample, results
from tools import ROOT
from tools.promtool import Promtool

SEEDS = range(60)
"""The seeds of the fleets that `make test` and `make test-engines` judge."""
BATCH = 15
"""How many fleets one promtool process runs."""

_FIRING = f'count by (alertname, {", ".join(USAGE_LABELS)}) (ALERTS{{alertstate="firing"}})'

_FLEET = "fleet"
"""The label that tells apart fleets which one promtool process evaluates together."""


def batches(seeds: Sequence[int]) -> list[Sequence[int]]:
    """`seeds` in parts of at most BATCH."""
    return [seeds[first : first + BATCH] for first in range(0, len(seeds), BATCH)]


def judgements(
    promtool: Promtool,
    seeds: Sequence[int],
    rules: Path = ROOT / ALERTS,
    late: Mapping[str, int] | None = None,
) -> dict[int, Judgement]:
    """By seed, the judgement on the alerts of the file `rules` on its fleet.

    `late` is that of `judge`. Raises PromtoolError where promtool refuses the rules.
    """
    made = [fleet(seed) for seed in seeds]
    found = zip(seeds, made, firing(promtool, rules.read_text("utf-8"), made), strict=True)
    return {seed: judge(one, fires, late) for seed, one, fires in found}


def firing(promtool: Promtool, rules: str, fleets: Sequence[Fleet]) -> list[Firing]:
    """When each alert of the rule file `rules` (its text) fires, in each of `fleets`.

    Raises PromtoolError where promtool refuses the rules.
    """
    found: list[Firing] = []
    for some in samples(promtool, rules, fleets, {"firing": _FIRING}):
        times: dict[Subject, set[int]] = defaultdict(set)
        for at, labels, _ in some:
            times[labels["alertname"], label_set(labels)].add(at)
        found.append(times)
    return found


def samples(
    promtool: Promtool, rules: str, fleets: Sequence[Fleet], expressions: Mapping[str, str]
) -> list[list[Sample]]:
    """`results` of `expressions` at every evaluation that is judged, for each of `fleets`.

    The fleets are evaluated together, which takes half of the time: most of it is the same for one
    series and for twenty. An aggregation in `rules` must have `by`, and a matching `on`: their
    labels are extended by one that tells the fleets apart.
    """
    series = [
        {**one, "series": one["series"].replace("{", f'{{{_FLEET}="{number}", ', 1)}
        for number, fleet in enumerate(fleets)
        for one in input_series(fleet)
    ]
    times = range(MINUTE, max(fleet.span for fleet in fleets) + 1, MINUTE)
    asked = {what: _apart(expr) for what, expr in expressions.items()}
    found = results(promtool, _apart(rules), asked, series=series, interval=GRID, times=times)
    judged = [set(minutes(fleet)) for fleet in fleets]
    by_fleet: list[list[Sample]] = [[] for _ in fleets]
    for sample in found:
        number = int(sample.labels[_FLEET])
        if sample.at in judged[number]:
            by_fleet[number].append(sample)
    return by_fleet


def _apart(text: str) -> str:
    """Rules or an expression, with the label of the fleet added to each `by` and `on`."""
    return re.sub(r"\b(by|on) \(", rf"\1 ({_FLEET}, ", text)


def label_set(labels: Mapping[str, str]) -> LabelSet:
    """The label set of a sample's labels, some of which may be missing."""
    return LabelSet(*(labels.get(name, "") for name in USAGE_LABELS))
