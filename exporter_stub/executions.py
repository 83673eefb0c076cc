"""What an execution is, and what usage it leaves behind."""

from dataclasses import dataclass

from contract.metrics import UNKNOWN, Component

Pair = tuple[str, str, str]
"""Component, provider and model, as labels and rows have them."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one execution on one provider's model: one row, and one flush.

    Exactly one of `workflow_exec_id` and `task_exec_id` is set: that of a workflow for the
    component workflow, that of a task for the components task and agent. An empty provider or
    model is unknown.
    """

    component: Component
    provider: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    workflow_exec_id: str | None = None
    task_exec_id: str | None = None
    agent_id: str | None = None

    @property
    def exec_id(self) -> str:
        """The id that logs and rows know the execution by."""
        found = self.workflow_exec_id or self.task_exec_id
        if found is None:
            raise ValueError("usage belongs to a workflow or a task execution, and has neither")
        return found

    @property
    def pair(self) -> Pair:
        """What it is counted by."""
        return self.component, self.provider or UNKNOWN, self.model or UNKNOWN


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A workflow with its tasks and their agents, and the usage of each of their executions."""

    workflow_exec_id: str
    usages: tuple[Usage, ...]
