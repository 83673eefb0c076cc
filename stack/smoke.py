"""A quick look: wait until every series and rule is seen to work, and show what was seen."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import requests
from rich.console import Console
from rich.table import Table

from contract.metrics import FAMILIES
from stack.launch import Settings
from stack.prometheus import PrometheusApi, RuleState
from stack.supervisor import StackError, Supervisor

SEEN_TIMEOUT = 150
"""Seconds until all must be seen: a first evaluation comes within one, and a rare failure."""

_WIDTH = 100
"""Columns that the longest rule name needs, where the output is no terminal of its own width."""


@dataclass(frozen=True)
class Observation:
    """Series per family, and every rule's state, at one moment."""

    series: dict[str, int]
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


def observe(api: PrometheusApi, supervisor: Supervisor, say: Callable[[str], None]) -> Observation:
    """Wait until nothing is missing. Raises StackError with what still is when time is up."""
    say(f"waiting for the first scrapes and the first rule evaluation (at most {SEEN_TIMEOUT} s)")
    deadline = time.monotonic() + SEEN_TIMEOUT
    while True:
        supervisor.check()
        try:
            series = {family.name: api.series(family.name) for family in FAMILIES}
            seen = Observation(series, api.rules())
            missing = seen.missing()
            if not missing:
                return seen
        except requests.RequestException as error:
            missing = [f"Prometheus does not answer ({error})"]
        if time.monotonic() > deadline:
            raise StackError(f"not seen within {SEEN_TIMEOUT} s: {'; '.join(missing)}")
        time.sleep(1)


def show(seen: Observation, settings: Settings) -> None:
    """Print the observation as two tables, and the addresses it was made at."""
    console = Console()
    console.width = max(console.width, _WIDTH)
    families = Table("metric family", "series")
    for family, count in seen.series.items():
        families.add_row(family, str(count))
    rules = Table("rule", "health", "state")
    for rule in seen.rules:
        rules.add_row(rule.name, rule.health, rule.state or "recorded")
    console.print(families, rules)
    for name, address in settings.addresses().items():
        console.print(f"{name}: {address}", highlight=False)
