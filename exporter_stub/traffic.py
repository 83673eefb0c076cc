"""Random traffic: when workflow runs arrive, and the usage of their executions.

Arrivals follow a day-and-night curve with bursts. Sources: the peak of a day is 2.3 times its
trough for conversations in the Azure LLM inference trace 2024 (DynamoLLM, HPCA'25). In that of
2023 (Splitwise, ISCA'24), conversation, the counts of a minute have 16 times the variance that
independent arrivals would have, at 19,366 requests in about an hour.
"""

import math
import random
import uuid
from dataclasses import dataclass
from itertools import accumulate, count

from contract.metrics import UNKNOWN, Component
from exporter_stub.catalogue import Catalogue

MINUTE = 60
DAY = 24 * 60 * MINUTE
# Hour (UTC) of the most traffic. Our choice: office hours from Europe to America.
PEAK_HOUR = 14
_PEAK_TO_TROUGH = 2.3
# Share by which peak and trough differ from the average.
SWING = (_PEAK_TO_TROUGH - 1) / (_PEAK_TO_TROUGH + 1)
_MEAN, _DISPERSION = 19_366 / 60, 16
BURST_SHAPE = _MEAN / (_DISPERSION - 1)
"""Shape of the gamma distribution (of mean 1) that a minute's rate is multiplied by.

Counts with mean m then have the variance m + m^2 / shape, as in the source.
"""

# A workflow has 1 to 3 tasks, each with 1 to 2 agent runs: 6 executions on average (our choice).
MAX_TASKS, MAX_AGENTS = 3, 2

# Seconds of missed arrivals that are made up for after the process was stopped, at most.
MAX_LAG = 5.0
LabelSet = tuple[str, str, str]
"""Component, provider and model, as in labels and rows."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one execution on one provider's model: one row, and one flush.

    Its id is that of its workflow or, for the components task and agent, of a task of that. An
    empty provider or model is unknown.
    """

    exec_id: str
    component: Component
    provider: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    workflow_exec_id: str

    @property
    def label_set(self) -> LabelSet:
        """The labels under which it is counted."""
        return self.component, self.provider or UNKNOWN, self.model or UNKNOWN


WorkflowRun = tuple[Usage, ...]
"""The usage of a workflow, its tasks and their agents, each execution's by itself."""


class Traffic:
    """A stream of workflow runs, `rate` a second on the average of a day.

    The same `seed` gives the same arrivals and counts. Ids of executions are always new, so that a
    second exporter on the same database has its own rows.
    """

    def __init__(
        self, catalogue: Catalogue, rate: float, begin: float, seed: int | None = None
    ) -> None:
        """Start the stream at `begin` (Unix seconds); without a seed it differs every time."""
        self._models = catalogue.models
        self._shares = list(accumulate(model.share for model in catalogue.models))
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311  # traffic, no secrets
        self._now = begin
        self._burst = self._next_burst()
        self._prefix = uuid.uuid4().hex
        self._numbers = count(1)

    def next_arrival(self, earliest: float = 0.0) -> float:
        """When the next run comes, in Unix seconds; arrivals before `earliest` are left out."""
        self._now = max(self._now, earliest)
        while True:
            pause = self._random.expovariate(self._rate * self._burst * daily(self._now))
            minute_ends = (self._now // MINUTE + 1) * MINUTE
            if self._now + pause < minute_ends:
                self._now += pause
                return self._now
            # Arrivals are memoryless, so drawing again at the new minute's rate is correct.
            self._now = minute_ends
            self._burst = self._next_burst()

    def next_run(self) -> WorkflowRun:
        """The next workflow with its tasks and their agents, usage of the innermost first."""
        workflow = self._id(Component.WORKFLOW)
        usages: list[Usage] = []
        for _ in range(self._random.randint(1, MAX_TASKS)):
            components = [Component.AGENT] * self._random.randint(1, MAX_AGENTS) + [Component.TASK]
            usages += [self._usage(self._id(one), one, workflow) for one in components]
        return *usages, self._usage(workflow, Component.WORKFLOW, workflow)

    def _usage(self, exec_id: str, component: Component, workflow: str) -> Usage:
        (model,) = self._random.choices(self._models, cum_weights=self._shares)
        tokens = model.tokens(self._random)
        return Usage(exec_id, component, model.provider, model.model, *tokens, workflow)

    def _next_burst(self) -> float:
        return self._random.gammavariate(BURST_SHAPE, 1 / BURST_SHAPE)

    def _id(self, kind: str) -> str:
        return f"{kind}-{self._prefix}-{next(self._numbers)}"


def daily(when: float) -> float:
    """The rate at `when` (Unix seconds) relative to the day's average."""
    angle = 2 * math.pi * (when - PEAK_HOUR * 60 * MINUTE) / DAY
    return 1 + SWING * math.cos(angle)
