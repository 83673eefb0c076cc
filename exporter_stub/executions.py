"""What an execution is, and what usage it leaves behind."""

from dataclasses import dataclass

from contract.metrics import Component


@dataclass(frozen=True)
class Usage:
    """Token counts of one execution on one provider's model: one row, and one flush.

    Exactly one of `workflow_exec_id` and `task_exec_id` is set: that of a workflow for the
    component workflow, that of a task for the components task and agent.
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


@dataclass(frozen=True)
class WorkflowRun:
    """A workflow with its tasks and their agents, and the usage of each of their executions."""

    workflow_exec_id: str
    usages: tuple[Usage, ...]
    forgotten: bool = False
    """Deleted while it still ran: its rows are gone when its usage is flushed."""
