"""A smoke test: wait until every series and rule is seen to work, and show the result."""

from collections.abc import Mapping
from dataclasses import dataclass

import requests
from rich.console import Console
from rich.table import Table

from contract.metrics import FAMILIES
from stack.launch import Stack
from stack.prometheus import RuleState

SEEN_TIMEOUT = 150
"""Seconds until everything must be seen: the first evaluation, and one of the rare failures."""

_WIDTH = 100
"""Columns that the longest rule name needs, if the terminal is narrower or there is none."""


@dataclass(frozen=True)
class Observation:
    """The number of series per family, and every rule's state, at one moment."""

    series: Mapping[str, int]
    rules: list[RuleState]

    def missing(self) -> list[str]:
        """What does not work yet, in words."""
        absent = [f"no series of {family}" for family, count in self.series.items() if not count]
        unwell = [
            f"rule {rule.name}: health {rule.health}" + (f" ({rule.error})" if rule.error else "")
            for rule in self.rules
            if rule.health != "ok"
        ]
        return absent + unwell + ([] if self.rules else ["no rules are loaded"])


def observe(stack: Stack) -> Observation:
    """Wait until nothing is missing. Raises StackError with what is missing after a time-out."""
    api = stack.prometheus
    seen = Observation({}, [])

    def complete() -> bool:
        nonlocal seen
        try:
            series = {family.name: api.series(family.name) for family in FAMILIES}
            seen = Observation(series, api.rules())
        except requests.RequestException:
            seen = Observation({}, [])  # Prometheus does not answer
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
