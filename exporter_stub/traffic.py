"""Steady random traffic: which workflow runs come, and how long until the next.

Token counts are log-normal. Source of the parameters: the Azure LLM inference trace 2023,
conversation (19,366 requests; ln prompt: mean 6.63, deviation 0.99; ln completion: mean 5.02,
deviation 0.86), published with Splitwise (ISCA'24).
"""

import random
import uuid
from collections import Counter
from dataclasses import dataclass

from contract.metrics import Component
from exporter_stub.executions import Usage, WorkflowRun

PROMPT_LN = (6.63, 0.99)
COMPLETION_LN = (5.02, 0.86)


@dataclass(frozen=True)
class Model:
    """A provider's model, its share of the runs, and whether it answers with tokens."""

    provider: str
    name: str
    share: float
    completes: bool = True


# Shares are ours: enough for a few series of different weight, an embedding model among them.
CATALOGUE = (
    Model("openai", "gpt-4o-mini", 0.6),
    Model("anthropic", "claude-3-5-haiku", 0.3),
    Model("openai", "text-embedding-3-small", 0.1, completes=False),
)


@dataclass(frozen=True)
class Scenario:
    """What the traffic is like.

    `forget_every`: every so many runs of a model, one is deleted before its usage is flushed,
    so that the database itself refuses the rows (a foreign-key violation). 0 is never.
    """

    description: str
    forget_every: int


SCENARIOS = {
    # One in 150 is 0.67 %: a failures series to look at, and below the alert's 1 %.
    "steady": Scenario("steady random traffic, and a workflow deleted mid-run now and then", 150),
    "flawless": Scenario("steady random traffic without a failure", 0),
}


class Traffic:
    """A stream of workflow runs, `rate` a second on average, the same one for the same `seed`."""

    def __init__(self, scenario: Scenario, rate: float, seed: int | None = None) -> None:
        """Start the stream; without a seed it is another one every time."""
        self._scenario = scenario
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311  # traffic, no secrets
        self._runs: Counter[Model] = Counter()

    def pause(self) -> float:
        """Seconds until the next run: arrivals are independent of one another."""
        return self._random.expovariate(self._rate)

    def next_run(self) -> WorkflowRun:
        """The next workflow, with one task that runs one agent, all on one model."""
        model = self._random.choices(CATALOGUE, [model.share for model in CATALOGUE])[0]
        self._runs[model] += 1
        every = self._scenario.forget_every
        workflow_exec_id, task_exec_id, agent_exec_id = (self._id() for _ in range(3))
        return WorkflowRun(
            workflow_exec_id=workflow_exec_id,
            usages=(
                self._usage(model, Component.AGENT, task_exec_id=agent_exec_id, agent_id="writer"),
                self._usage(model, Component.TASK, task_exec_id=task_exec_id),
                self._usage(model, Component.WORKFLOW, workflow_exec_id=workflow_exec_id),
            ),
            forgotten=every > 0 and self._runs[model] % every == 0,
        )

    def _usage(self, model: Model, component: Component, **ids: str) -> Usage:
        prompt = round(self._random.lognormvariate(*PROMPT_LN))
        completion = round(self._random.lognormvariate(*COMPLETION_LN)) if model.completes else 0
        return Usage(component, model.provider, model.name, prompt, completion, **ids)

    def _id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
