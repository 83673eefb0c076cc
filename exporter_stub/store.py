"""One connection that writes runs and their usage; made when needed, and anew after it broke."""

from typing import Any, LiteralString, Self

import psycopg

from exporter_stub.database import CLIENT_TIMEOUT
from exporter_stub.deadline import Deadlines
from exporter_stub.executions import Usage, WorkflowRun

# One statement, and so one transaction: the tasks refer to the workflows that it inserts.
_INSERT_STATES = """
WITH workflows AS (
    INSERT INTO workflow_states (workflow_exec_id, workflow_id, status)
    SELECT workflow, 'report', 'RUNNING' FROM unnest(%(all)s::text[]) AS run (workflow)
    ON CONFLICT DO NOTHING
)
INSERT INTO task_states (task_exec_id, task_id, workflow_exec_id, workflow_id, component, status)
SELECT task, 'summarise', workflow, 'report', component, 'RUNNING'
FROM unnest(%(workflows)s::text[], %(tasks)s::text[], %(components)s::text[])
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


def row(usage: Usage) -> tuple[str | int | None, ...]:
    """The values of UPSERT_USAGE."""
    component, provider, model = usage.pair
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


class UnattemptedError(psycopg.OperationalError):
    """A write that the database was never asked for; it says nothing of the database."""


class ConnectionLostError(Exception):
    """The connection broke while the database had a write of ours: its outcome is unknown."""


class UsageStore:
    """Writes over one connection. To be used by one thread."""

    def __init__(self, dsn: str, deadlines: Deadlines) -> None:
        """Remember where the database is; nothing is connected yet."""
        self._dsn = dsn
        self._deadlines = deadlines
        self._connection: psycopg.Connection[Any] | None = None

    def ping(self) -> None:
        """Ask for an answer. Raises psycopg.Error where none comes."""
        self._do("SELECT 1", None)

    def begin(self, *runs: WorkflowRun) -> None:
        """Write the states of `runs`. Doing so again changes nothing.

        Raises psycopg.Error where the database refuses or cannot be reached.
        """
        tasks = [
            (run.workflow_exec_id, usage.task_exec_id, usage.component)
            for run in runs
            for usage in run.usages
            if usage.task_exec_id is not None
        ]
        values = {
            "all": [run.workflow_exec_id for run in runs],
            "workflows": [workflow for workflow, _, _ in tasks],
            "tasks": [task for _, task, _ in tasks],
            "components": [component for _, _, component in tasks],
        }
        self._do(_INSERT_STATES, values)

    def save(self, usage: Usage, delay: float = 0.0) -> None:
        """Write one row, which takes the database `delay` seconds longer; again overwrites it.

        Raises psycopg.Error where the database refuses or cannot be reached, ConnectionLostError
        where it may have taken the row or not.
        """
        if delay:
            self._do("SELECT pg_sleep(%s)", (delay,))
        self._connect()  # here, so that what breaks below has been sent
        try:
            self._do(UPSERT_USAGE, row(usage))
        except psycopg.Error as error:
            if not self.connected:
                raise ConnectionLostError(str(error)) from error
            raise

    @property
    def connected(self) -> bool:
        """Whether there is a connection that is not known to be broken."""
        return self._connection is not None and not self._connection.closed

    def __enter__(self) -> Self:
        """Nothing to do: the connection is made when it is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()

    def _do(self, statement: LiteralString, values: Any) -> None:
        connection = self._connect()
        with self._deadlines.limit(connection, CLIENT_TIMEOUT):
            connection.execute(statement, values)

    def _connect(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._dsn, autocommit=True)
        return self._connection
