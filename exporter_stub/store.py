"""The SQL: states of workflows and tasks, and the usage of their executions."""

from collections.abc import Sequence

from exporter_stub.database import Connection
from exporter_stub.traffic import Usage, WorkflowRun

# One statement, and so one transaction: the tasks refer to the workflows that it inserts.
_INSERT_STATES = """
WITH workflows AS (
    INSERT INTO workflow_states (workflow_exec_id, workflow_id, status)
    SELECT workflow, 'report', 'RUNNING' FROM unnest(%s::text[]) AS run (workflow)
    ON CONFLICT DO NOTHING
)
INSERT INTO task_states (task_exec_id, task_id, workflow_exec_id, workflow_id, component, status)
SELECT task, 'summarise', workflow, 'report', component, 'RUNNING'
FROM unnest(%s::text[], %s::text[], %s::text[])
    AS run (workflow, task, component)
ON CONFLICT DO NOTHING
"""
UPSERT_USAGE = """
INSERT INTO execution_llm_usage (
    workflow_exec_id, task_exec_id, component, agent_id, provider, model,
    prompt_tokens, completion_tokens, total_tokens
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (
    coalesce(workflow_exec_id, ''), coalesce(task_exec_id, ''), component, provider, model
) DO UPDATE SET
    agent_id = excluded.agent_id,
    prompt_tokens = excluded.prompt_tokens,
    completion_tokens = excluded.completion_tokens,
    total_tokens = excluded.total_tokens
"""
_FIND_USAGE = """
SELECT FROM execution_llm_usage
WHERE (workflow_exec_id = %s OR task_exec_id = %s)
    AND component = %s AND provider = %s AND model = %s
"""


def row(usage: Usage) -> tuple[str | int | None, ...]:
    """The values of UPSERT_USAGE."""
    component, provider, model = usage.label_set
    return (
        usage.workflow_exec_id,
        usage.task_exec_id,
        component,
        usage.agent_id,
        provider,
        model,
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.prompt_tokens + usage.completion_tokens,
    )


def begin(connection: Connection, runs: Sequence[WorkflowRun]) -> None:
    """Write the states of `runs`, all or none. Doing so again changes nothing."""
    tasks = [
        (run.workflow_exec_id, usage.task_exec_id, usage.component)
        for run in runs
        for usage in run.usages
        if usage.task_exec_id is not None
    ]
    columns = [[task[column] for task in tasks] for column in range(3)]
    connection.execute(_INSERT_STATES, ([run.workflow_exec_id for run in runs], *columns))


def save(connection: Connection, usage: Usage) -> None:
    """Write one row. Doing so again overwrites it with the same."""
    connection.execute(UPSERT_USAGE, row(usage))


def is_stored(connection: Connection, usage: Usage) -> bool:
    """Whether the row of `usage` is there."""
    found = connection.execute(
        _FIND_USAGE, (usage.workflow_exec_id, usage.task_exec_id, *usage.label_set)
    )
    return found.fetchone() is not None
