"""The incidents that are rehearsed: what goes wrong, and how it is begun and ended."""

from collections.abc import Callable
from dataclasses import dataclass

from contract.names import AlertName
from exporter_stub.faults import LONGEST, Fault, FaultName
from stack.launch import Stack

_SPIKE = Fault(
    name=FaultName.SPIKE, factor=8, seconds=LONGEST, provider="openai", model="gpt-4o-mini"
)


@dataclass(frozen=True)
class Incident:
    """What goes wrong, what alert that is to raise, and what to do to begin and end it."""

    alert: AlertName
    story: str
    relief: str
    begin: Callable[[Stack], None]
    end: Callable[[Stack], None]


SILENCE = "workflow-silence"
"""It is on when the stack starts: the past that is written for it ends in quiet minutes."""

INCIDENTS = {
    SILENCE: Incident(
        AlertName.ZERO_TRAFFIC,
        "no workflow leaves usage, nor did any in the last minutes of the past",
        "workflows run again",
        begin=lambda _: None,
        end=Stack.clear_faults,
    ),
    "database-outage": Incident(
        AlertName.FAILURES,
        "PostgreSQL is stopped",
        "PostgreSQL is back",
        begin=lambda stack: stack.supervisor.end("postgres"),
        end=Stack.start_database,
    ),
    "token-spike": Incident(
        AlertName.TOKEN_SPIKE,
        f"{_SPIKE.model} uses {_SPIKE.factor:g} times its tokens",
        "it uses as many as before",
        begin=lambda stack: stack.fault(_SPIKE),
        end=Stack.clear_faults,
    ),
}
"""By name, in the order in which they are rehearsed."""
