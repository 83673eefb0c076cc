"""Ask promtool when the alerts of a rule file fire in fleets."""

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import promql_parser

from contract.metrics import PAIR_LABELS
from contract.names import AlertName
from rules_tests.fleets.judge import Firing, Subject, minutes
from rules_tests.fleets.model import GRID, Fleet, Pair
from rules_tests.fleets.samples import input_series
from tools.promtool import Promtool, PromtoolError

_FLEET = "fleet"
_FIRING = f'count by (alertname, {", ".join(PAIR_LABELS)}) (ALERTS{{alertstate="firing"}})'
_TIME = re.compile(r"time: (\S+),$")
_GOT = "        got: "
_SERIES = re.compile(r"\{([^}]*)\}")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class FleetsError(Exception):
    """promtool gave no verdict; the message is its own."""


def firing(promtool: Promtool, rules: str, fleets: Sequence[Fleet]) -> Sequence[Firing]:
    """When each alert of the rule file `rules` (its text) fires, in each of `fleets`.

    One promtool runs for all. Raises FleetsError where it does not take the rules.
    """
    tests = [_test(number, fleet) for number, fleet in enumerate(fleets)]
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    with tempfile.TemporaryDirectory(prefix="compozy-fleets-") as folder:
        Path(folder, "rules.yaml").write_text(rules, encoding="utf-8")
        file = Path(folder, "fleets.yaml")
        file.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML, and quicker
        try:
            promtool.test_rules(file)
        except PromtoolError as error:
            if "got:" not in error.output:
                raise FleetsError(str(error)) from None
            return _parsed(error.output, len(fleets))
    return [{} for _ in fleets]


def _test(number: int, fleet: Fleet) -> dict[str, Any]:
    """A promtool test that expects nothing, and so prints every alert that fires."""
    expr = f'label_replace({_FIRING}, "{_FLEET}", "{number}", "", "")'
    return {
        "name": fleet.name,
        "interval": f"{GRID}s",
        "input_series": input_series(fleet),
        "promql_expr_test": [
            {"expr": expr, "eval_time": f"{at}s", "exp_samples": []} for at in minutes(fleet)
        ],
    }


def _parsed(output: str, fleets: int) -> Sequence[Firing]:
    found: list[dict[Subject, set[int]]] = [{} for _ in range(fleets)]
    at = 0
    for line in output.splitlines():
        time = _TIME.search(line)
        if time:
            at = round(promql_parser.parse_duration(time[1]).total_seconds())
        for alert in _SERIES.findall(line) if line.startswith(_GOT) else ():
            labels = dict(_LABEL.findall(alert))
            pair = Pair(*(labels.get(name, "") for name in PAIR_LABELS))
            subject = AlertName(labels["alertname"]), pair
            found[int(labels[_FLEET])].setdefault(subject, set()).add(at)
    return found
