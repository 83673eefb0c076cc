"""Ask promtool when the alerts of a rule file fire in fleets."""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from contract.durations import parsed_duration, seconds
from contract.metrics import USAGE_LABELS
from contract.names import AlertName
from rules_tests.fleets.judge import Firing, Subject, minutes
from rules_tests.fleets.model import GRID, Fleet, LabelSet
from rules_tests.fleets.samples import input_series
from tools.promtool import Promtool, PromtoolError

_FLEET = "fleet"
_FIRING = f'count by (alertname, {", ".join(USAGE_LABELS)}) (ALERTS{{alertstate="firing"}})'
_TIME = re.compile(r"time: (\S+),$")
_GOT = "        got: "
_ERROR = ", err: "
"""In promtool's output: a rule or the expression asked for could not be evaluated."""
_SERIES = re.compile(r"\{([^}]*)\} ([^\s,]+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class FleetsError(Exception):
    """promtool gave no result; the message is promtool's."""


class Sample(NamedTuple):
    """A value of an expression at a second."""

    at: int
    labels: Mapping[str, str]
    value: float


def firing(promtool: Promtool, rules: str, fleets: Sequence[Fleet]) -> Sequence[Firing]:
    """When each alert of the rule file `rules` (its text) fires, in each of `fleets`.

    Raises FleetsError where promtool refuses the rules.
    """
    found: list[dict[Subject, set[int]]] = [{} for _ in fleets]
    asked = samples(promtool, rules, fleets, _FIRING)
    for fires, some in zip(found, asked, strict=True):
        for at, labels, _ in some:
            label_set = LabelSet(*(labels.get(name, "") for name in USAGE_LABELS))
            fires.setdefault((AlertName(labels["alertname"]), label_set), set()).add(at)
    return found


def samples(
    promtool: Promtool, rules: str, fleets: Sequence[Fleet], expr: str
) -> list[list[Sample]]:
    """The samples of `expr` at every evaluation that is judged, for each of `fleets`.

    One promtool process runs all. Raises FleetsError where it refuses the rules.
    """
    tests = [_test(number, fleet, expr) for number, fleet in enumerate(fleets)]
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    with tempfile.TemporaryDirectory(prefix="compozy-fleets-") as folder:
        Path(folder, "rules.yaml").write_text(rules, encoding="utf-8")
        file = Path(folder, "fleets.yaml")
        file.write_text(json.dumps(document), encoding="utf-8")  # JSON is valid YAML, and faster
        try:
            promtool.test_rules(file)
        except PromtoolError as error:
            if _GOT not in error.output or _ERROR in error.output:
                raise FleetsError(str(error)) from None
            return _parsed(error.output, len(fleets))
    return [[] for _ in fleets]


def _test(number: int, fleet: Fleet, expr: str) -> dict[str, Any]:
    """A promtool test that expects no samples, so that promtool prints those of `expr`."""
    asked = f'label_replace({expr}, "{_FLEET}", "{number}", "", "")'
    return {
        "name": fleet.name,
        "interval": f"{GRID}s",
        "input_series": input_series(fleet),
        "promql_expr_test": [
            {"expr": asked, "eval_time": f"{at}s", "exp_samples": []} for at in minutes(fleet)
        ],
    }


def _parsed(output: str, fleets: int) -> list[list[Sample]]:
    found: list[list[Sample]] = [[] for _ in range(fleets)]
    at = 0
    for line in output.splitlines():
        time = _TIME.search(line)
        if time:
            at = seconds(parsed_duration(time[1]))
        for text, value in _SERIES.findall(line) if line.startswith(_GOT) else ():
            labels = dict(_LABEL.findall(text))
            found[int(labels[_FLEET])].append(Sample(at, labels, float(value)))
    return found
