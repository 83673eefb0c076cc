"""Faults as an operator rehearses them: what can go wrong, on whom, and for how long.

A fault changes the traffic (spike, silence, a new model), the persistence (muted, refused, slow) or
the process (restart), and undoes itself at its end. A share is kept exactly, not by chance: of the
flushes of each pair every n-th is hit.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.metrics import Component
from exporter_stub.clock import Clock
from exporter_stub.executions import Pair, Usage, WorkflowRun

LOG = logging.getLogger(__name__)


LONGEST = 365 * 86_400.0
"""Seconds: what is on for longer is no rehearsal."""


class FaultName(StrEnum):
    """What can go wrong."""

    MUTED = "persistence-muted"
    FOREIGN_KEY = "foreign-key-violation"
    SLOW = "slow-database"
    SPIKE = "token-spike"
    SILENCE = "workflow-silence"
    RESTART = "restart"
    NEW_MODEL = "new-model"


_WHOM = frozenset({"component", "provider", "model"})
_OPTIONS = {
    FaultName.MUTED: _WHOM | {"seconds", "share"},
    FaultName.FOREIGN_KEY: _WHOM | {"seconds", "share"},
    FaultName.SLOW: _WHOM | {"seconds", "share", "delay"},
    FaultName.SPIKE: _WHOM | {"seconds", "share", "factor"},
    FaultName.SILENCE: {"seconds"},
    FaultName.RESTART: frozenset(),
    FaultName.NEW_MODEL: {"seconds", "share", "provider", "model"},
}
"""Which of a fault's values mean something for which fault."""

DESCRIPTIONS = {
    FaultName.MUTED: "writes fail as if the database were away",
    FaultName.FOREIGN_KEY: "the database refuses rows of executions that it does not know",
    FaultName.SLOW: "each write takes `delay` longer, in the database",
    FaultName.SPIKE: "executions use `factor` times their tokens",
    FaultName.SILENCE: "no workflow leaves usage; tasks and agents do",
    FaultName.RESTART: "all counters begin anew, at once",
    FaultName.NEW_MODEL: "a share of the runs uses a model that was not there before",
}


class Fault(BaseModel):
    """One fault. Empty `component`, `provider`, `model` mean every one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FaultName
    seconds: float = Field(default=600, gt=0, le=LONGEST)  # how long it lasts
    share: float = Field(default=1, gt=0, le=1)  # of the flushes, or runs, that it hits
    component: Component | None = None
    provider: str = ""
    model: str = ""
    factor: float = Field(default=5, gt=0, le=1000)  # of token-spike
    delay: float = Field(default=1, gt=0, le=60)  # of slow-database, in seconds

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        meaningless = self.model_fields_set - _OPTIONS[self.name] - {"name"}
        if meaningless:
            known = ", ".join(sorted(_OPTIONS[self.name])) or "none"
            raise ValueError(
                f"{self.name} has no {', '.join(sorted(meaningless))}; it has: {known}"
            )
        return self

    def __str__(self) -> str:
        """Name and what was chosen, for logs."""
        chosen = self.model_dump(mode="json", include=set(_OPTIONS[self.name]) - {"seconds"})
        told = (
            f"{key}={value:.3g}" if isinstance(value, float) else f"{key}={value}"
            for key, value in chosen.items()
            if value
        )
        return " ".join([self.name, *told])

    def matches(self, pair: Pair) -> bool:
        """Whether it is about this pair."""
        wanted = (self.component, self.provider, self.model)
        return all(not one or one == other for one, other in zip(wanted, pair, strict=True))


@dataclass(frozen=True)
class Hit:
    """What is wrong with one write."""

    muted: bool = False
    orphaned: bool = False
    delay: float = 0.0  # seconds


WELL = Hit()


@dataclass
class Active:
    """A fault that is on, until `end` (Unix seconds)."""

    fault: Fault
    end: float
    _credit: dict[Pair, float] = field(default_factory=dict)

    def hits(self, pair: Pair) -> bool:
        """Whether the next one of this pair is hit."""
        share = self.fault.share
        if share == 1:
            return True
        credit = self._credit.get(pair, 0.0) + share
        hit = credit >= 1 - 1e-9
        self._credit[pair] = credit - hit
        return hit


class Faults:
    """The faults that are on, by a clock. Safe to use from several threads."""

    def __init__(self, clock: Clock, restart: Callable[[], None]) -> None:
        """None is on. `restart` is what the fault of that name does."""
        self._clock = clock
        self._restart = restart
        self._lock = threading.Lock()
        self._active: list[Active] = []

    def begin(self, fault: Fault) -> None:
        """Switch `fault` on; it ends by itself."""
        LOG.warning("Fault begins: %s", fault)
        if fault.name is FaultName.RESTART:
            self._restart()
            return
        with self._lock:
            self._active.append(Active(fault, self._clock.now() + fault.seconds))

    def clear(self) -> None:
        """End all at once."""
        with self._lock:
            ended, self._active = self._active, []
        _log_ends(ended)

    def active(self) -> list[Active]:
        """Those that are on; any that has ended since the last look is logged as such."""
        with self._lock:
            now = self._clock.now()
            ended = [one for one in self._active if one.end <= now]
            if ended:
                self._active = [one for one in self._active if one.end > now]
            found = self._active
        _log_ends(ended)
        return found

    def on_run(self, run: WorkflowRun) -> WorkflowRun:
        """`run` as the faults of the traffic make it."""
        for one in self.active():
            change = _TRAFFIC.get(one.fault.name)
            if change is not None:
                with self._lock:
                    run = replace(run, usages=tuple(change(one, run.usages)))
        return run

    def on_write(self, usage: Usage) -> Hit:
        """What is wrong with writing `usage`."""
        active = self.active()
        if not active:
            return WELL
        with self._lock:
            hits = [
                one.fault
                for one in active
                if one.fault.name in _WRITES
                and one.fault.matches(usage.pair)
                and one.hits(usage.pair)
            ]
        return Hit(
            muted=any(fault.name is FaultName.MUTED for fault in hits),
            orphaned=any(fault.name is FaultName.FOREIGN_KEY for fault in hits),
            delay=sum(fault.delay for fault in hits if fault.name is FaultName.SLOW),
        )


_WRITES = (FaultName.MUTED, FaultName.FOREIGN_KEY, FaultName.SLOW)
_EVERY = ("", "", "")
"""Stands for all pairs, where whole runs are counted."""


def _spike(one: Active, usages: Iterable[Usage]) -> Iterable[Usage]:
    factor = one.fault.factor
    for usage in usages:
        if one.fault.matches(usage.pair) and one.hits(usage.pair):
            yield replace(
                usage,
                prompt_tokens=round(usage.prompt_tokens * factor),
                completion_tokens=round(usage.completion_tokens * factor),
            )
        else:
            yield usage


def _silence(_: Active, usages: Iterable[Usage]) -> Iterable[Usage]:
    return (usage for usage in usages if usage.component is not Component.WORKFLOW)


def _new_model(one: Active, usages: Iterable[Usage]) -> Iterable[Usage]:
    if not one.hits(_EVERY):
        return usages
    provider = one.fault.provider or "mistral"
    model = one.fault.model or "mistral-large"
    return (replace(usage, provider=provider, model=model) for usage in usages)


_TRAFFIC = {
    FaultName.SPIKE: _spike,
    FaultName.SILENCE: _silence,
    FaultName.NEW_MODEL: _new_model,
}


def _log_ends(ended: Iterable[Active]) -> None:
    for one in ended:
        LOG.warning("Fault ends: %s", one.fault)
