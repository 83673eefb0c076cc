"""Named histories: which faults are always on, and which incident happens when."""

from pathlib import Path

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from contract.file import read_yaml
from exporter_stub.faults import Fault


@dataclass(frozen=True)
class Scenario:
    """What a history is like: faults that are on from its beginning, and incidents.

    An incident is how many seconds before the history's end it begins, and a fault.
    """

    description: str
    always: tuple[Fault, ...] = ()
    incidents: tuple[tuple[float, Fault], ...] = ()


_FILE = Path(__file__).with_suffix(".yaml")
SCENARIOS = TypeAdapter(dict[str, Scenario]).validate_python(read_yaml(_FILE))  # by name
# Those that an exporter can serve.
LIVE = tuple(name for name, scenario in SCENARIOS.items() if not scenario.incidents)
