"""PostgreSQL: migrations, and one connection that writes runs and their usage."""

from importlib import resources
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from exporter_stub.config import ConfigError
from exporter_stub.executions import Usage, WorkflowRun

TIMEOUT = 5
"""Seconds for a connection attempt, an unanswered packet and a statement.

A server that is away shows as failures within seconds. One that is stopped (SIGSTOP) answers
nothing and times nothing out: over a Unix socket it is waited for.
"""

_NO_ADDRESS = (
    "DATABASE_URL is not a PostgreSQL address: write it as postgresql://user@host:5432/database, "
    "with %40 for an @ in a password"
)
_MIGRATION_LOCK = 5_001_001  # any constant: an advisory lock that only migrations take
_MIGRATIONS_TABLE = """
CREATE TABLE IF NOT EXISTS exporter_stub_migrations (
    version text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_INSERT_WORKFLOW = """
INSERT INTO workflow_states (workflow_exec_id, workflow_id, status)
VALUES (%(workflow_exec_id)s, 'report', 'RUNNING') ON CONFLICT DO NOTHING
"""
_INSERT_TASK = """
INSERT INTO task_states (task_exec_id, task_id, workflow_exec_id, workflow_id, component, status)
VALUES (%(task_exec_id)s, 'summarise', %(workflow_exec_id)s, 'report', %(component)s, 'RUNNING')
ON CONFLICT DO NOTHING
"""
_DELETE_WORKFLOW = "DELETE FROM workflow_states WHERE workflow_exec_id = %(workflow_exec_id)s"
_UPSERT_USAGE = """
INSERT INTO execution_llm_usage (
    workflow_exec_id, task_exec_id, component, agent_id, provider, model,
    prompt_tokens, completion_tokens, total_tokens
) VALUES (
    %(workflow_exec_id)s, %(task_exec_id)s, %(component)s, %(agent_id)s, %(provider)s, %(model)s,
    %(prompt_tokens)s, %(completion_tokens)s, %(total_tokens)s
)
ON CONFLICT (
    coalesce(workflow_exec_id, ''), coalesce(task_exec_id, ''), component, provider, model
) DO UPDATE SET
    agent_id = excluded.agent_id,
    prompt_tokens = excluded.prompt_tokens,
    completion_tokens = excluded.completion_tokens,
    total_tokens = excluded.total_tokens
"""


class DatabaseError(Exception):
    """The database cannot be used; the message says why and what to check, never a password."""


def with_time_outs(url: str) -> str:
    """`url` (a DSN or postgresql:// address) with bounded waits, where it names none.

    Raises ConfigError where it is neither; its text may hold a password and is not repeated.
    """
    bounds = {"connect_timeout": TIMEOUT, "tcp_user_timeout": TIMEOUT * 1000}
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ConfigError(_NO_ADDRESS) from None
    if "@" in str(given.get("host", "")):  # an @ in the password: what follows it is no host
        raise ConfigError(_NO_ADDRESS)
    for name in bounds:
        if not str(given.get(name, 0)).isdecimal():
            raise ConfigError(f"DATABASE_URL: {name} must be a whole number")
    options = f"-c statement_timeout={TIMEOUT * 1000} {given.get('options') or ''}".strip()
    return make_conninfo("", **{**bounds, **given, "options": options})


def migrate(dsn: str) -> list[str]:
    """Apply the SQL files that `dsn` has not seen yet, in one transaction; return their names.

    Raises DatabaseError where there is no database, or a file does not apply.
    """
    folder = resources.files("exporter_stub") / "migrations"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    applied: list[str] = []
    try:
        with psycopg.connect(dsn) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            connection.execute(_MIGRATIONS_TABLE)
            rows = connection.execute("SELECT version FROM exporter_stub_migrations").fetchall()
            known = {row[0] for row in rows}
            for file in files:
                version = file.name.removesuffix(".sql")
                if version not in known:
                    connection.execute(file.read_bytes())
                    connection.execute(
                        "INSERT INTO exporter_stub_migrations VALUES (%s)", (version,)
                    )
                    applied.append(version)
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"no database ({_one_line(error)}): start PostgreSQL, or correct DATABASE_URL"
        ) from None
    except psycopg.Error as error:
        raise DatabaseError(
            f"the schema cannot be set up ({_one_line(error)}): give the exporter a database of "
            "its own"
        ) from None
    return applied


class UsageStore:
    """One connection that is made when it is needed, and made anew after it broke."""

    def __init__(self, dsn: str) -> None:
        """Remember where the database is; nothing is connected yet."""
        self._dsn = dsn
        self._connection: psycopg.Connection[Any] | None = None

    def begin(self, run: WorkflowRun) -> None:
        """Write the states of `run`, and take them away again where it is forgotten.

        Raises psycopg.Error where the database refuses or cannot be reached.
        """
        ids = {"workflow_exec_id": run.workflow_exec_id}
        connection = self._connected()
        with connection.transaction():
            connection.execute(_INSERT_WORKFLOW, ids)
            for usage in run.usages:
                if usage.task_exec_id is not None:
                    task = {"task_exec_id": usage.task_exec_id, "component": usage.component}
                    connection.execute(_INSERT_TASK, ids | task)
            if run.forgotten:
                connection.execute(_DELETE_WORKFLOW, ids)

    def save(self, usage: Usage) -> None:
        """Write one row; writing it again overwrites it.

        Raises psycopg.Error where the database refuses or cannot be reached.
        """
        self._connected().execute(
            _UPSERT_USAGE,
            {
                "workflow_exec_id": usage.workflow_exec_id,
                "task_exec_id": usage.task_exec_id,
                "component": usage.component,
                "agent_id": usage.agent_id,
                "provider": usage.provider,
                "model": usage.model,
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            },
        )

    def __enter__(self) -> Self:
        """Nothing to do: the connection is made when it is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.broken or self._connection.closed:
            self._connection = psycopg.connect(self._dsn, autocommit=True)
        return self._connection


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
