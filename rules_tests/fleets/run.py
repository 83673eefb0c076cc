"""Ask promtool when the alerts of a rule file fire in fleets."""

from collections.abc import Iterable, Mapping, Sequence

from contract.metrics import USAGE_LABELS
from rules_tests.fleets.judge import Firing, Subject, minutes
from rules_tests.fleets.model import GRID, Fleet, LabelSet
from rules_tests.fleets.samples import input_series
from rules_tests.results import WHAT, History, Sample, results
from tools.promtool import Promtool

FIRING = {
    "firing": f'count by (alertname, {", ".join(USAGE_LABELS)}) (ALERTS{{alertstate="firing"}})'
}
"""The expression from whose samples `fires` reads."""


def firing(promtool: Promtool, rules: str, fleets: Sequence[Fleet]) -> list[Firing]:
    """When each alert of the rule file `rules` (its text) fires, in each of `fleets`.

    Raises PromtoolError where promtool refuses the rules.
    """
    return [fires(found) for found in samples(promtool, rules, fleets, FIRING)]


def fires(found: Iterable[Sample]) -> Firing:
    """When each alert fires, by the samples of FIRING; others are left out."""
    times: dict[Subject, set[int]] = {}
    for at, labels, _ in found:
        if labels[WHAT] in FIRING:
            times.setdefault((labels["alertname"], label_set(labels)), set()).add(at)
    return times


def samples(
    promtool: Promtool, rules: str, fleets: Sequence[Fleet], expressions: Mapping[str, str]
) -> list[list[Sample]]:
    """`results` of `expressions` at every evaluation that is judged, for each of `fleets`."""
    histories = [History(input_series(fleet), GRID, minutes(fleet)) for fleet in fleets]
    return results(promtool, rules, histories, expressions)


def label_set(labels: Mapping[str, str]) -> LabelSet:
    """The label set of a sample's labels, some of which may be missing."""
    return LabelSet(*(labels.get(name, "") for name in USAGE_LABELS))
