"""Random traffic: which workflow runs come, and when.

Arrivals follow a day-and-night curve with bursts. Sources: the peak of a day is 2.3 times its
trough for conversations in the Azure LLM inference trace 2024 (DynamoLLM, HPCA'25). In that of
2023 (Splitwise, ISCA'24), conversation, the counts of a minute have 16 times the variance that
independent arrivals would have, at 19,366 requests in about an hour.
"""

import math
import random
import uuid
from collections.abc import Callable
from itertools import accumulate, count

from contract.metrics import Component
from exporter_stub.catalogue import Catalogue, Model
from exporter_stub.clock import Clock
from exporter_stub.executions import Usage, WorkflowRun

MINUTE = 60
DAY = 24 * 60 * MINUTE
PEAK_HOUR = 14
"""Hour of the day (UTC) at which most comes; our choice: office hours from Europe to America."""

_PEAK_TO_TROUGH = 2.3
SWING = (_PEAK_TO_TROUGH - 1) / (_PEAK_TO_TROUGH + 1)
"""Share by which peak and trough differ from the average."""

_MEAN, _DISPERSION = 19_366 / 60, 16
BURST_SHAPE = _MEAN / (_DISPERSION - 1)
"""Shape of the gamma distribution (of mean 1) that a minute's rate is multiplied by.

Counts with mean m then have the variance m + m^2 / shape, which is what the source has.
"""

MAX_TASKS = 3
MAX_AGENTS = 2
"""A workflow has 1 to 3 tasks and each of them 1 to 2 agent runs: 6 executions on average. Ours."""

MAX_LAG = 5.0
"""Seconds of arrivals that are made up for, after a machine was asleep; older ones are left out."""

EXECUTIONS_A_RUN = 1 + (1 + MAX_TASKS) / 2 * (1 + (1 + MAX_AGENTS) / 2)


class Traffic:
    """A stream of workflow runs, `rate` a second on the average of a day.

    The same `seed` gives the same arrivals and counts. Ids of executions are new every time: a
    second exporter on the same database has rows of its own.
    """

    def __init__(
        self, catalogue: Catalogue, rate: float, begin: float, seed: int | None = None
    ) -> None:
        """Start the stream at `begin` (Unix seconds); without a seed it is another every time."""
        self._models = catalogue.models
        self._shares = list(accumulate(model.share for model in catalogue.models))
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311  # traffic, no secrets
        self._now = begin
        self._burst = self._next_burst()
        self._prefix = uuid.uuid4().hex
        self._numbers = count(1)

    def next_arrival(self) -> float:
        """When the next run comes, in Unix seconds."""
        while True:
            pause = self._random.expovariate(self._rate * self._burst * daily(self._now))
            minute_ends = (self._now // MINUTE + 1) * MINUTE
            if self._now + pause < minute_ends:
                self._now += pause
                return self._now
            # Arrivals have no memory: to begin again at the new minute's rate changes nothing else.
            self._now = minute_ends
            self._burst = self._next_burst()

    def skip_to(self, when: float) -> None:
        """Leave out what would have come before `when` (Unix seconds)."""
        self._now = max(self._now, when)

    def next_run(self) -> WorkflowRun:
        """The next workflow with its tasks and their agents, usage of the innermost first."""
        workflow = self._id("w")
        usages = []
        for _ in range(self._random.randint(1, MAX_TASKS)):
            usages += [
                self._usage(Component.AGENT, task_exec_id=self._id("a"), agent_id="writer")
                for _ in range(self._random.randint(1, MAX_AGENTS))
            ]
            usages.append(self._usage(Component.TASK, task_exec_id=self._id("t")))
        usages.append(self._usage(Component.WORKFLOW, workflow_exec_id=workflow))
        return WorkflowRun(workflow, tuple(usages))

    def _usage(self, component: Component, **ids: str) -> Usage:
        model: Model = self._random.choices(self._models, cum_weights=self._shares)[0]
        prompt = round(self._random.lognormvariate(*model.prompt))
        done = round(self._random.lognormvariate(*model.completion)) if model.completion else 0
        return Usage(component, model.provider, model.model, prompt, done, **ids)

    def _next_burst(self) -> float:
        return self._random.gammavariate(BURST_SHAPE, 1 / BURST_SHAPE)

    def _id(self, kind: str) -> str:
        return f"{kind}-{self._prefix}-{next(self._numbers)}"


def daily(when: float) -> float:
    """The rate at `when` (Unix seconds) relative to the day's average."""
    angle = 2 * math.pi * (when - PEAK_HOUR * 60 * MINUTE) / DAY
    return 1 + SWING * math.cos(angle)


def emit(traffic: Traffic, clock: Clock, handle: Callable[[WorkflowRun], None]) -> None:
    """Hand each run of `traffic` to `handle` when it comes, until `clock` says it is over."""
    while clock.wait_until(traffic.next_arrival()):
        handle(traffic.next_run())
        traffic.skip_to(clock.now() - MAX_LAG)
