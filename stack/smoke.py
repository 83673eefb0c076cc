"""A quick look: wait until every series and rule is seen to work, and show what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass

import requests
from rich.console import Console
from rich.table import Table

from contract.metrics import FAMILIES
from stack.launch import Stack
from stack.prometheus import RuleState

SEEN_TIMEOUT = 150
"""Seconds until all must be seen: a first evaluation comes within one, and a rare failure."""

_WIDTH = 100
"""Columns that the longest rule name needs, where the output is no terminal of its own width."""


@dataclass(frozen=True)
class Observation:
    """Series per family, and every rule's state, at one moment."""

    series: Mapping[str, int]
    rules: list[RuleState]

    def missing(self) -> list[str]:
        """What is not as it should be yet, in words."""
        absent = [f"no series of {family}" for family, count in self.series.items() if not count]
        unwell = [
            f"rule {rule.name}: health {rule.health}" + (f" ({rule.error})" if rule.error else "")
            for rule in self.rules
            if rule.health != "ok"
        ]
        return absent + unwell + ([] if self.rules else ["no rules are loaded"])


def observe(stack: Stack) -> Observation:
    """Wait until nothing is missing. Raises StackError with what still is when time is up."""
    api = stack.prometheus
    seen = Observation({}, [])

    def complete() -> bool:
        nonlocal seen
        try:
            series = {family.name: api.series(family.name) for family in FAMILIES}
            seen = Observation(series, api.rules())
        except requests.RequestException:
            seen = Observation({}, [])  # Prometheus is away
        return not seen.missing()

    stack.supervisor.wait(complete, lambda: "; ".join(seen.missing()), SEEN_TIMEOUT)
    return seen


def show(seen: Observation) -> None:
    """Print the observation as two tables."""
    console = Console()
    console.width = max(console.width, _WIDTH)
    families = Table("metric family", "series")
    for family, count in seen.series.items():
        families.add_row(family, str(count))
    rules = Table("rule", "health", "state")
    for rule in seen.rules:
        rules.add_row(rule.name, rule.health, rule.state or "recorded")
    console.print(families, rules)
