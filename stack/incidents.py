"""The incidents that are rehearsed: a fault, the alert that it must raise, and what ends it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from config import Config
from contract.metrics import Component, Label
from contract.names import AlertName
from exporter_stub.faults import FaultName
from stack.launch import Stack

SILENCE = "workflow-silence"
"""It is on when the stack starts: the history that is made for it ends in quiet minutes."""

OUTAGE = "database-outage"
SPIKE = "token-spike"
NAMES = (SILENCE, OUTAGE, SPIKE)

_SPIKING: Mapping[str, str] = {
    Label.COMPONENT: str(Component.AGENT),
    Label.PROVIDER: "openai",
    Label.MODEL: "gpt-4o-mini",
}
_CLEARLY = 10
"""Times the alert's factor: above it within minutes, whatever the traffic does meanwhile."""


@dataclass(frozen=True)
class Incident:
    """What goes wrong, what alert with which `labels` that is to raise, and how it ends."""

    name: str
    alert: AlertName
    story: str
    relief: str
    begin: Callable[[Stack], None]
    end: Callable[[Stack], None]
    labels: Mapping[str, str] = field(default_factory=dict)

    def raises(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with `labels` is the one that it must raise."""
        wanted = {"alertname": self.alert, **self.labels}
        return all(labels.get(name) == value for name, value in wanted.items())


def _clear(stack: Stack) -> None:
    stack.fault("--clear")


def incidents(config: Config) -> dict[str, Incident]:
    """All by name, in the order in which they are rehearsed one by one."""
    factor = _CLEARLY * config.token_spike.factor
    spike = [f"--{name}={value}" for name, value in _SPIKING.items()]
    who = f"{_SPIKING[Label.COMPONENT]} on {_SPIKING[Label.PROVIDER]}/{_SPIKING[Label.MODEL]}"
    found = (
        Incident(
            SILENCE,
            AlertName.ZERO_TRAFFIC,
            "no workflow leaves usage, nor did any in the minutes before",
            "workflows run again",
            begin=lambda _: None,
            end=_clear,
            labels={Label.COMPONENT: str(Component.WORKFLOW)},
        ),
        Incident(
            OUTAGE,
            AlertName.FAILURES,
            "PostgreSQL is stopped",
            "PostgreSQL is back",
            begin=lambda stack: stack.supervisor.end("postgres"),
            end=Stack.start_database,
        ),
        Incident(
            SPIKE,
            AlertName.TOKEN_SPIKE,
            f"{who} uses {factor:g} times its tokens",
            f"{who} uses as many as before",
            begin=lambda stack: stack.fault(
                FaultName.SPIKE, "--for=30d", f"--factor={factor:g}", *spike
            ),
            end=_clear,
            labels=_SPIKING,
        ),
    )
    return {one.name: one for one in found}
