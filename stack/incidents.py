"""The incidents that are rehearsed: a fault, the alert that it must raise, and how to end it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from config import Config, IngestionFailures, TokenSpike, ZeroTraffic
from contract.metrics import Component, Label
from exporter_stub.faults import Fault, FaultName
from stack.launch import Stack

SILENCE = "workflow-silence"
"""This incident has begun when the stack starts: its history ends in minutes without workflows."""

OUTAGE = "database-outage"
SPIKE = "token-spike"
NAMES = (SILENCE, OUTAGE, SPIKE)

_SPIKING: Mapping[str, str] = {
    Label.COMPONENT: str(Component.AGENT),
    Label.PROVIDER: "openai",
    Label.MODEL: "gpt-4o-mini",
}
_CLEARLY = 10
"""The spike is so many times the alert's factor, to exceed it within minutes in any traffic."""


@dataclass(frozen=True)
class Incident:
    """What goes wrong, the alert and `labels` that it must raise, and how it ends.

    The texts say what is done when it begins and when it ends. A rehearsal writes into `times` when
    (Unix seconds) each step was seen, and into `hit` the label sets that must be paged: `labels`,
    or if there are none, all that had lost usage when the first page came.
    """

    name: str
    alert: str
    begin_text: str
    end_text: str
    begin: Callable[[Stack], None]
    end: Callable[[Stack], None]
    labels: Mapping[str, str]
    times: dict[str, float] = field(default_factory=dict)
    hit: list[Mapping[str, str]] = field(default_factory=list)

    def raises(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with `labels` is the one that this incident must raise."""
        return {"alertname": self.alert, **self.labels}.items() <= labels.items()


def incidents(config: Config) -> dict[str, Incident]:
    """All incidents by name, in the order in which they are rehearsed one by one."""
    factor = _CLEARLY * config.token_spike.factor
    spike = {"name": FaultName.SPIKE, "for": "30d", "factor": factor, **_SPIKING}
    who = "{} on {}/{}".format(*_SPIKING.values())
    found = (
        Incident(
            SILENCE,
            ZeroTraffic.name,
            "no workflow leaves usage, nor did any in the minutes before",
            "workflows run again",
            begin=lambda _: None,
            end=lambda stack: stack.ask("DELETE"),
            labels={Label.COMPONENT: str(Component.WORKFLOW)},
        ),
        Incident(
            OUTAGE,
            IngestionFailures.name,
            "PostgreSQL is stopped",
            "PostgreSQL is back",
            begin=lambda stack: stack.supervisor.end("postgres"),
            end=Stack.start_database,
            labels={},
        ),
        Incident(
            SPIKE,
            TokenSpike.name,
            f"{who} uses {factor:g} times its tokens",
            f"{who} uses as many as before",
            begin=lambda stack: stack.ask("POST", Fault.model_validate(spike)),
            end=lambda stack: stack.ask("DELETE"),
            labels=_SPIKING,
        ),
    )
    return {one.name: one for one in found}
