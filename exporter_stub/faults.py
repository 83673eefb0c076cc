"""Faults that an operator can rehearse: what goes wrong, for which labels, and for how long.

A fault changes the traffic (spike, silence, a new model), the persistence (muted, refused, slow) or
the process (restart), and undoes itself at its end. A share is exact, not random: every n-th flush
of each label set is hit.
"""

import logging
import math
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from contract.durations import parsed_duration
from contract.metrics import UNKNOWN, Component
from exporter_stub.catalogue import Catalogue
from exporter_stub.metrics import UsageMetrics
from exporter_stub.traffic import LabelSet, Usage, WorkflowRun

LOG = logging.getLogger(__name__)

MOST_TOKENS = 10**9  # of one execution, however many spikes are active

_SOME = "for share component provider model"
_ONLY = "only its executions; of new-model"


class FaultName(StrEnum):
    """A kind of fault: its name, the options that apply to it, and what it does."""

    options: frozenset[str]
    description: str

    def __new__(cls, name: str, options: str, description: str) -> Self:
        """A member whose value is `name`."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.options, member.description = frozenset(options.split()), description
        return member

    MUTED = "persistence-muted", _SOME, "writes fail as if the database were away"
    FOREIGN_KEY = "foreign-key-violation", _SOME, "the database refuses rows as of unknown runs"
    SLOW = "slow-database", f"{_SOME} delay", "each write takes `delay` longer, in the database"
    SPIKE = "token-spike", f"{_SOME} factor", "executions use `factor` times their tokens"
    SILENCE = "workflow-silence", "for", "no workflow leaves usage; tasks and agents do"
    RESTART = "restart", "", "all counters begin anew, at once"
    NEW_MODEL = "new-model", "for share provider model", "a share of the runs is on a new model"


WRITES = (FaultName.MUTED, FaultName.FOREIGN_KEY, FaultName.SLOW)


def _seconds(given: Any) -> Any:
    return parsed_duration(given).total_seconds() if isinstance(given, str) else given


Seconds = Annotated[float, BeforeValidator(_seconds)]  # a number, or a text such as 1m30s


def _option(field: str) -> str:
    """The name under which the command takes a field of Fault."""
    return "for" if field == "seconds" else field


class Fault(BaseModel):
    """One fault, described for --help. An empty `component`, `provider` or `model` matches all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FaultName
    seconds: Seconds = Field(
        default=600,
        gt=0,
        description="how long: 90s, 10m (10m)",
        validation_alias=AliasChoices("seconds", "for"),  # errors name the one that was given
    )
    share: float = Field(default=1, gt=0, le=1, description="of the writes or runs hit (1)")
    component: Component | None = Field(default=None, description="only its executions")
    provider: str = Field(default="", max_length=200, description=f"{_ONLY}: its provider")
    model: str = Field(default="", max_length=200, description=f"{_ONLY}: its name")
    factor: float = Field(default=5, gt=0, le=1000, description="of token-spike (5)")
    delay: Seconds = Field(default=1, gt=0, le=60, description="of slow-database (1s)")

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        given = {_option(field) for field in self.model_fields_set}
        if meaningless := given - self.name.options - {"name"}:
            known = ", ".join(sorted(self.name.options)) or "none"
            told = ", ".join(sorted(meaningless))
            raise ValueError(f"has no {told}; it has: {known}")
        return self

    def __str__(self) -> str:
        """The name and the options, for logs."""
        given = self.model_dump(mode="json", include={*self.name.options} - {"for"}).items()
        texts = {key: f"{one:.4g}" if isinstance(one, float) else one for key, one in given if one}
        return " ".join([self.name, *map("=".join, texts.items())])

    @property
    def new_model(self) -> tuple[str, str]:
        """The provider and model that new-model introduces."""
        return self.provider or "mistral", self.model or "mistral-large"

    def matches(self, label_set: LabelSet) -> bool:
        """Whether it applies to executions with these labels."""
        wanted = (self.component, self.provider, self.model)
        return all(not one or one == other for one, other in zip(wanted, label_set, strict=True))


OPTIONS: Mapping[str, str] = {
    _option(name): field.description
    for name, field in Fault.model_fields.items()
    if field.description
}
"""The help of each option of the command `fault` that is a field of Fault."""


class Hit(NamedTuple):
    """The effect of the faults on one write."""

    muted: bool = False
    orphaned: bool = False
    delay: float = 0.0  # seconds


@dataclass
class Active:
    """A fault that is active until `end` (Unix seconds; infinite: it is part of the traffic)."""

    fault: Fault
    end: float
    _credit: defaultdict[LabelSet, float] = field(default_factory=lambda: defaultdict(float))

    def hits(self, label_set: LabelSet) -> bool:
        """Whether it hits the next flush or run with these labels."""
        if not self.fault.matches(label_set):
            return False
        self._credit[label_set] += self.fault.share
        hit = self._credit[label_set] >= 1 - 1e-9
        self._credit[label_set] -= hit
        return hit

    def changed(self, run: WorkflowRun) -> WorkflowRun:
        """`run` as it is while the fault is active."""
        match self.fault:
            case Fault(name=FaultName.SPIKE, factor=factor):
                return tuple(_times(factor if self.hits(one.label_set) else 1, one) for one in run)
            case Fault(name=FaultName.SILENCE):
                return tuple(one for one in run if one.component is not Component.WORKFLOW)
            case Fault(name=FaultName.NEW_MODEL, provider=provider, model=model):
                if self.hits(("", provider, model)):  # shares are of whole runs
                    provider, model = self.fault.new_model
                    return tuple(replace(one, provider=provider, model=model) for one in run)
        return run


def _times(factor: float, usage: Usage) -> Usage:
    tokens = usage.prompt_tokens, usage.completion_tokens
    prompt, completion = (min(round(number * factor), MOST_TOKENS) for number in tokens)
    return replace(usage, prompt_tokens=prompt, completion_tokens=completion)


class Faults:
    """The active faults, by a clock. Any thread may begin and end them, one makes the traffic."""

    def __init__(
        self, now: Callable[[], float], exporters: Sequence[UsageMetrics], catalogue: Catalogue
    ) -> None:
        """No fault is active. `now` returns Unix seconds; a restart resets all `exporters`."""
        self._now = now
        self._exporters = exporters
        self._models = {(one.provider or UNKNOWN, one.model or UNKNOWN) for one in catalogue.models}
        self._lock = threading.Lock()
        self._active: list[Active] = []

    def ask(self, fault: Fault) -> None:
        """Begin `fault`. Raises ValueError if it would hit nothing, or never end."""
        if fault.seconds == math.inf:
            raise ValueError("seconds: must be finite: only the scenario's faults never end")
        active = (one.fault for one in self.active())
        new = {one.new_model for one in active if one.name is FaultName.NEW_MODEL}
        known = sorted(self._models | new)
        hit = (fault.matches((fault.component or "", *model)) for model in known)
        if fault.name is not FaultName.NEW_MODEL and not any(hit):
            wanted = f"provider {fault.provider or 'any'}, model {fault.model or 'any'}"
            raise ValueError(f"nothing has {wanted}; there are {', '.join(map('/'.join, known))}")
        self.begin(fault)

    def begin(self, fault: Fault) -> None:
        """Begin `fault`, which ends by itself."""
        LOG.warning("Fault begins: %s", fault)
        if fault.name is FaultName.RESTART:
            for metrics in self._exporters:
                metrics.reset()
            return
        with self._lock:
            self._active.append(Active(fault, self._now() + fault.seconds))

    def clear(self) -> None:
        """End all faults but those that are part of the traffic."""
        with self._lock:
            for one in self._active:
                if one.end != math.inf:
                    one.end = 0
        self.active()

    def active(self) -> list[Active]:
        """The active faults. Any that has ended since the last call is logged."""
        now = self._now()
        with self._lock:
            ended = [one for one in self._active if one.end <= now]
            left = self._active = [one for one in self._active if one.end > now]
        for one in ended:
            LOG.warning("Fault ends: %s", one.fault)
        return left

    def told(self) -> list[str]:
        """What each active fault is, and how long it still lasts."""
        return [f"{one.fault}: {self._left(one)}" for one in self.active()]

    def _left(self, one: Active) -> str:
        if one.end == math.inf:
            return "part of the traffic"
        return f"{one.end - self._now():.0f} s left"

    def on_run(self, run: WorkflowRun) -> WorkflowRun:
        """`run` as changed by the faults of the traffic."""
        for one in self.active():
            run = one.changed(run)
        return run

    def on_write(self, usage: Usage) -> Hit:
        """The effect of the active faults on writing `usage`."""
        active = [one for one in self.active() if one.fault.name in WRITES]
        hits = [one.fault for one in active if one.hits(usage.label_set)]
        names = [fault.name for fault in hits]
        delay = sum(fault.delay for fault in hits if fault.name is FaultName.SLOW)
        return Hit(FaultName.MUTED in names, FaultName.FOREIGN_KEY in names, delay)
