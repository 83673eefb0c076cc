"""Make a fleet on which a rule errs as small as it gets, and write it as a promtool test."""

from collections.abc import Callable
from math import gcd, inf
from pathlib import Path
from typing import Any

import yaml

from contract.metrics import USAGE_LABELS
from contract.names import AlertName
from rules_tests.fleets import cut
from rules_tests.fleets.judge import Fault, Wrong, judge
from rules_tests.fleets.model import Fleet
from rules_tests.fleets.run import firing
from rules_tests.fleets.samples import input_series
from rules_tests.fleets.spike import WITHIN
from tools.promtool import Promtool

TRIALS = 400
"""Fleets that are tried at most; each takes promtool a tenth of a second or two."""

Errs = Callable[[Fleet], Wrong | None]
"""The first verdict on a fleet that is wrong in the way that is looked for, if there is any."""

_CUTS = (
    cut.with_fewer_label_sets,
    cut.with_fewer_targets,
    cut.without_tokens,
    cut.shorter,
    cut.with_fewer_processes,
    cut.with_fewer_failed_scrapes,
    cut.at_full_intervals,
    cut.with_fewer_events,
)


def _shrunk(fleet: Fleet, wrong: Wrong, errs: Errs) -> tuple[Fleet, Wrong]:
    """A part of `fleet` on which the rule still errs, and how: greedily, in `TRIALS` trials."""
    shrinking = _Shrinking(cut.until(fleet, wrong.at), wrong, errs)
    before = None
    while before != shrinking.fleet and shrinking.trials < TRIALS:
        before = shrinking.fleet
        for smaller in _CUTS:
            while shrinking.helped_by(smaller):
                pass
    return shrinking.fleet, shrinking.wrong


class _Shrinking:
    """A fleet that gets smaller, and what is wrong on it."""

    def __init__(self, fleet: Fleet, wrong: Wrong, errs: Errs) -> None:
        self.fleet = fleet
        self.wrong = wrong
        self.trials = 0
        self._errs = errs

    def helped_by(self, smaller: Callable[[Fleet], Any]) -> bool:
        """Take the first part that still errs; whether there is one."""
        for part in smaller(self.fleet):
            if self.trials >= TRIALS:
                return False
            self.trials += 1
            wrong = self._errs(part)
            if wrong:
                self.fleet, self.wrong = cut.until(part, wrong.at), wrong
                return True
        return False


def reproduction(promtool: Promtool, rules: Path, fleet: Fleet, wrong: Wrong) -> str:
    """The text of a small promtool test that fails as the rule file `rules` errs on `fleet`."""
    text = rules.read_text(encoding="utf-8")

    def errs(part: Fleet) -> Wrong | None:
        found = judge(part, firing(promtool, text, [part])[0]).wrong
        alike = (each for each in found if (each.alert, each.fault) == (wrong.alert, wrong.fault))
        return next(alike, None)

    return _test_file(rules, *_shrunk(fleet, wrong, errs))


def _test_file(rules: Path, fleet: Fleet, wrong: Wrong) -> str:
    times = [scrape.time for target in fleet.targets for scrape in target.scrapes]
    gone = [target.gone for target in fleet.targets if target.gone is not None]
    grid = gcd(*times, *gone) or 60
    must = wrong.fault is Fault.MISSED
    labels = ", ".join(
        f'{name}="{value}"' for name, value in wrong.label_set.labels.items() if value
    )
    fires = f'ALERTS{{alertname="{wrong.alert}", alertstate="firing", {labels}}}'
    if must and wrong.alert is AlertName.TOKEN_SPIKE:
        fires = f"last_over_time({fires}[{WITHIN}s])"
    named = [name for name in USAGE_LABELS if wrong.label_set.labels[name]]
    case = {
        "expr": f"count by ({', '.join(named)}) ({fires})",
        "eval_time": f"{wrong.at // 60}m",
        "exp_samples": [{"labels": f"{{{labels}}}", "value": 1}] if must else [],
    }
    test = {
        "name": f"{wrong.alert} {'must' if must else 'must not'} fire; from fleet {fleet.name}",
        "interval": f"{grid}s",
        "input_series": input_series(fleet, grid),
        "promql_expr_test": [case],
    }
    document = {"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [test]}
    return yaml.safe_dump(document, sort_keys=False, width=inf)
