"""Named scenarios: which faults are always active, and which incidents happen when."""

from pathlib import Path

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from contract.file import parsed
from exporter_stub.faults import Fault


@dataclass(frozen=True)
class Scenario:
    """Faults that are active from the beginning of a history, and incidents.

    An incident is a fault with the number of seconds before the history's end at which it begins.
    """

    description: str
    always: tuple[Fault, ...] = ()
    incidents: tuple[tuple[float, Fault], ...] = ()

    def begins(self, begin: float, end: float) -> list[tuple[float, Fault]]:
        """When each fault begins in a history from `begin` to `end` (Unix seconds), in order."""
        always = [(begin, fault) for fault in self.always]
        later = [(end - ahead, fault) for ahead, fault in self.incidents]
        return always + sorted(later, key=lambda one: one[0])


_FILE = Path(__file__).with_suffix(".yaml")
SCENARIOS = TypeAdapter(dict[str, Scenario]).validate_python(parsed(_FILE))  # by name
# Scenarios that a running exporter can serve.
LIVE = tuple(name for name, scenario in SCENARIOS.items() if not scenario.incidents)
