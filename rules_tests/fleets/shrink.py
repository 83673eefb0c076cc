"""Shrink a fleet on which a rule is wrong, and write it as a promtool test."""

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
"""The most fleets that are tried; each takes promtool one or two tenths of a second."""

Errs = Callable[[Fleet], Wrong | None]
"""Returns the first verdict on a fleet that has the fault in question, or None."""

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
    """A smaller fleet on which the rule is still wrong, with the verdict, by greedy search."""
    shrinking = _Shrinking(cut.until(fleet, wrong.at), wrong, errs)
    before = None
    while before != shrinking.fleet and shrinking.trials < TRIALS:
        before = shrinking.fleet
        for smaller in _CUTS:
            while shrinking.helped_by(smaller):
                pass
    return shrinking.fleet, shrinking.wrong


class _Shrinking:
    """The smallest fleet so far, and the wrong verdict on it."""

    def __init__(self, fleet: Fleet, wrong: Wrong, errs: Errs) -> None:
        self.fleet = fleet
        self.wrong = wrong
        self.trials = 0
        self._errs = errs

    def helped_by(self, smaller: Callable[[Fleet], Any]) -> bool:
        """Take the first smaller fleet with the fault; return whether there is one."""
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
    """A small promtool test, as text, with the fault that the rule file `rules` has on `fleet`."""
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
